package org.djlift.data;

import java.util.Objects;

/** A label with its score. */
public final class LabelScore {

    private final String label;
    private final float score;

    /**
     * Makes a label with its score.
     *
     * @param label the label
     * @param score its score
     */
    public LabelScore(String label, float score) {
        this.label = Objects.requireNonNull(label, "label");
        this.score = score;
    }

    /**
     * Returns the label.
     *
     * @return the label, as config.json has it
     */
    public String label() {
        return label;
    }

    /**
     * Returns the score.
     *
     * @return from 0 to 1 with softmax or sigmoid, any number without
     */
    public float score() {
        return score;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LabelScore
                && label.equals(((LabelScore) other).label)
                && Float.compare(score, ((LabelScore) other).score) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(label, score);
    }

    @Override
    public String toString() {
        return label + " " + score;
    }
}
