package org.djlift.data;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The output of a {@link org.djlift.CrossEncoder}: the scores of a pair, or a ranking of documents. */
public final class RankingOutput {

    private final float[] scores;
    private final @Nullable List<RankedText> ranking;

    private RankingOutput(float[] scores, @Nullable List<RankedText> ranking) {
        this.scores = scores;
        this.ranking = ranking;
    }

    /**
     * Makes the output of a pair.
     *
     * @param scores a score for each label of the model, mostly one
     * @return the output
     */
    public static RankingOutput ofPair(float[] scores) {
        return new RankingOutput(scores.clone(), null);
    }

    /**
     * Makes the output of a query with documents.
     *
     * @param ranking the documents by falling score
     * @return the output
     */
    public static RankingOutput ofRanking(List<RankedText> ranking) {
        return new RankingOutput(new float[0], List.copyOf(ranking));
    }

    /**
     * Returns whether this is a ranking rather than the scores of a pair.
     *
     * @return whether it is a ranking
     */
    public boolean isRanking() {
        return ranking != null;
    }

    /**
     * Returns the scores of a pair.
     *
     * @return a score for each label of the model, in a new array; empty of a ranking
     */
    public float[] scores() {
        return scores.clone();
    }

    /**
     * Returns the ranking.
     *
     * @return the documents by falling score, unmodifiable; empty of a pair
     */
    public List<RankedText> ranking() {
        return ranking == null ? List.of() : ranking;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RankingOutput
                && Arrays.equals(scores, ((RankingOutput) other).scores)
                && Objects.equals(ranking, ((RankingOutput) other).ranking);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(scores) + Objects.hashCode(ranking);
    }

    @Override
    public String toString() {
        return ranking == null ? Arrays.toString(scores) : ranking.toString();
    }
}
