package org.djlift;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.SparseTask;

import java.math.BigInteger;
import java.util.Objects;

/**
 * Options of a call of a {@link SparseEncoder}. What the options of a call do not set is as
 * {@link ModelBuilder#options} set it, and else as the archive says. Immutable: each method returns new options.
 */
public final class SparseOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private SparseOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that set nothing. A call with them does what {@link ModelBuilder#options} set, and else what the
     * archive says.
     *
     * @return the empty options
     */
    public static SparseOptions defaults() {
        return new SparseOptions(Parameters.none());
    }

    /**
     * Sets how many tokens are given, those of the highest weights.
     *
     * @param tokens most tokens
     * @return the options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public SparseOptions topK(int tokens) {
        return new SparseOptions(parameters.with(SparseTask.TOP_K, BigInteger.valueOf(atLeast(1, "topK", tokens))));
    }

    /**
     * Has all tokens given that have a weight.
     *
     * @return the options with it
     */
    public SparseOptions allTokens() {
        return new SparseOptions(parameters.with(SparseTask.TOP_K, null));
    }

    /**
     * Puts a prompt before each text.
     *
     * @param prompt the prompt, with the blank behind it if there is to be one; empty for none
     * @return the options with it
     */
    public SparseOptions prompt(String prompt) {
        return new SparseOptions(parameters.with(SparseTask.PROMPT, Objects.requireNonNull(prompt, "prompt")));
    }
}
