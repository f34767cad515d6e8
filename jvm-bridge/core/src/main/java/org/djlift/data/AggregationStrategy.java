package org.djlift.data;

import java.util.Arrays;
import java.util.Locale;

/**
 * How the predictions for tokens become entities; the meaning of each strategy is that of Hugging Face's
 * {@code TokenClassificationPipeline}.
 */
public enum AggregationStrategy {
    /** Every token is an entity of its own. */
    NONE,
    /** Adjacent tokens with the same label are one entity. */
    SIMPLE,
    /** As {@link #SIMPLE}, and a word has the label of its first token. */
    FIRST,
    /** As {@link #SIMPLE}, and a word has the label with the highest mean score over its tokens. */
    AVERAGE,
    /** As {@link #SIMPLE}, and a word has the label of the token with the highest score. */
    MAX;

    /**
     * Finds a strategy by its name.
     *
     * @param name the name, in upper or lower case
     * @return the strategy
     * @throws IllegalArgumentException if no strategy has this name; the message lists the choices
     */
    public static AggregationStrategy of(String name) {
        for (AggregationStrategy strategy : values()) {
            if (strategy.name().equals(name.toUpperCase(Locale.ROOT))) {
                return strategy;
            }
        }
        throw new IllegalArgumentException(
                "aggregation strategy '" + name + "' is unknown; expected one of " + Arrays.toString(values()));
    }

    /**
     * Returns the name as Hugging Face and serving.properties write it.
     *
     * @return the name in lower case
     */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
