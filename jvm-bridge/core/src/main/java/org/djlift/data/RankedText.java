package org.djlift.data;

import java.util.Objects;

/** A text of a ranking: its index among the texts that were given, and its score. */
public final class RankedText {

    private final int index;
    private final float score;

    /**
     * Makes a ranked text.
     *
     * @param index its place among the texts that were given, from 0
     * @param score its score
     */
    public RankedText(int index, float score) {
        this.index = index;
        this.score = score;
    }

    /**
     * Returns the index of the text among those that were given.
     *
     * @return its place among the texts that were given, from 0
     */
    public int index() {
        return index;
    }

    /**
     * Returns the score.
     *
     * @return from 0 to 1 with a sigmoid, any number without
     */
    public float score() {
        return score;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RankedText
                && index == ((RankedText) other).index
                && Float.compare(score, ((RankedText) other).score) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(index, score);
    }

    @Override
    public String toString() {
        return index + ": " + score;
    }
}
