package org.djlift;

import org.djlift.data.ScoreFunction;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.RankingTask;

import java.math.BigInteger;
import java.util.Objects;

/**
 * Options of a call of a {@link CrossEncoder}. What the options of a call do not set is as {@link ModelBuilder#options}
 * set it, and else as the archive says. Immutable: each method returns new options.
 */
public final class RankingOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private RankingOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that set nothing. A call with them does what {@link ModelBuilder#options} set, and else what the
     * archive says.
     *
     * @return the empty options
     */
    public static RankingOptions defaults() {
        return new RankingOptions(Parameters.none());
    }

    /**
     * Sets what makes scores of logits.
     *
     * @param function sigmoid or none
     * @return the options with it
     * @throws IllegalArgumentException if it is softmax, which is {@link #softmax}
     */
    public RankingOptions function(ScoreFunction function) {
        if (Objects.requireNonNull(function, "function") == ScoreFunction.SOFTMAX) {
            throw new IllegalArgumentException("function must be SIGMOID or NONE; softmax(true) comes after either");
        }
        return new RankingOptions(parameters.with(RankingTask.FUNCTION, function.toString()));
    }

    /**
     * Sets whether the scores of a pair are made to add up to 1, where the model gives more than one.
     *
     * @param apply whether they are
     * @return the options with it
     */
    public RankingOptions softmax(boolean apply) {
        return new RankingOptions(parameters.with(RankingTask.SOFTMAX, apply));
    }

    /**
     * Sets how many documents a ranking has, those of the highest scores.
     *
     * @param documents most documents
     * @return the options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public RankingOptions topK(int documents) {
        return new RankingOptions(
                parameters.with(RankingTask.TOP_K, BigInteger.valueOf(atLeast(1, "topK", documents))));
    }

    /**
     * Has all documents ranked.
     *
     * @return the options with it
     */
    public RankingOptions allDocuments() {
        return new RankingOptions(parameters.with(RankingTask.TOP_K, null));
    }

    /**
     * Sets what stands before the query.
     *
     * @param prompt the prompt; empty for none
     * @return the options with it
     */
    public RankingOptions prompt(String prompt) {
        return new RankingOptions(parameters.with(RankingTask.PROMPT, Objects.requireNonNull(prompt, "prompt")));
    }
}
