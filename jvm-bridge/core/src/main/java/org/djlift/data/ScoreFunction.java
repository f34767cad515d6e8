package org.djlift.data;

import java.util.Locale;

/** The function that turns the logits of a classifier into scores. */
public enum ScoreFunction {
    /** Scores of all labels add up to 1: one of them applies. */
    SOFTMAX,
    /** Each label has a score from 0 to 1 of its own: any number of them apply. */
    SIGMOID,
    /** The logits themselves, such as the value of a regression. */
    NONE;

    /**
     * Returns the function of a name.
     *
     * @param name {@code softmax}, {@code sigmoid} or {@code none}
     * @return the function
     * @throws IllegalArgumentException if there is none of that name
     */
    public static ScoreFunction of(String name) {
        for (ScoreFunction function : values()) {
            if (function.toString().equals(name)) {
                return function;
            }
        }
        throw new IllegalArgumentException("expected softmax, sigmoid or none, found '" + name + "'");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
