package org.djlift.data;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** A text's labels with their scores, the highest first. */
public final class ZeroShotResult {

    private final String text;
    private final List<String> labels;
    private final float[] scores;

    /**
     * Makes a result.
     *
     * @param text the text
     * @param labels the labels
     * @param scores the score of each
     * @throws IllegalArgumentException if there are more of the ones or of the others, or none
     */
    public ZeroShotResult(String text, List<String> labels, float[] scores) {
        if (labels.isEmpty() || labels.size() != scores.length) {
            throw new IllegalArgumentException(labels.size() + " labels, " + scores.length + " scores");
        }
        this.text = Objects.requireNonNull(text, "text");
        this.labels = List.copyOf(labels);
        this.scores = scores.clone();
    }

    /**
     * Returns the text.
     *
     * @return the text that was classified
     */
    public String text() {
        return text;
    }

    /**
     * Returns the labels.
     *
     * @return the labels by falling score, unmodifiable
     */
    public List<String> labels() {
        return labels;
    }

    /**
     * Returns the scores.
     *
     * @return a score from 0 to 1 for each label, in the order of {@link #labels()}; a new array
     */
    public float[] scores() {
        return scores.clone();
    }

    /**
     * Returns the label of the highest score.
     *
     * @return the label with its score
     */
    public LabelScore best() {
        return new LabelScore(labels.get(0), scores[0]);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ZeroShotResult
                && text.equals(((ZeroShotResult) other).text)
                && labels.equals(((ZeroShotResult) other).labels)
                && Arrays.equals(scores, ((ZeroShotResult) other).scores);
    }

    @Override
    public int hashCode() {
        return 31 * Objects.hash(text, labels) + Arrays.hashCode(scores);
    }

    @Override
    public String toString() {
        return labels + " " + Arrays.toString(scores);
    }
}
