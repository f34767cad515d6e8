package org.djlift;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.FillMaskTask;

import java.math.BigInteger;
import java.util.List;

/**
 * Options of a call of a {@link MaskFiller}. What the options of a call do not set is as {@link ModelBuilder#options}
 * set it, and else as the archive says. Immutable: each method returns new options.
 */
public final class FillOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private FillOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that set nothing. A call with them does what {@link ModelBuilder#options} set, and else what the
     * archive says.
     *
     * @return the empty options
     */
    public static FillOptions defaults() {
        return new FillOptions(Parameters.none());
    }

    /**
     * Sets how many tokens are given for each mask, those of the highest scores.
     *
     * @param tokens most tokens, no more than the vocabulary has
     * @return the options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public FillOptions topK(int tokens) {
        return new FillOptions(parameters.with(FillMaskTask.TOP_K, BigInteger.valueOf(atLeast(1, "topK", tokens))));
    }

    /**
     * Has only some tokens given. Their scores are still those among the whole vocabulary.
     *
     * @param targets tokens as they stand in the vocabulary; of a text that is no token, its first token is taken
     * @return the options with it
     * @throws IllegalArgumentException if there is none
     */
    public FillOptions targets(List<String> targets) {
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("expected at least one target, found none");
        }
        return new FillOptions(parameters.with(FillMaskTask.TARGETS, List.copyOf(targets)));
    }
}
