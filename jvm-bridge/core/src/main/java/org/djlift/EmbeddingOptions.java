package org.djlift;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.EmbeddingTask;
import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.Objects;

/**
 * Options of a call of a {@link TextEmbedder}. What the options of a call do not set is as {@link ModelBuilder#options}
 * set it, and else as the archive says. Immutable: each method returns new options.
 */
public final class EmbeddingOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private EmbeddingOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that set nothing. A call with them does what {@link ModelBuilder#options} set, and else what the
     * archive says.
     *
     * @return the empty options
     */
    public static EmbeddingOptions defaults() {
        return new EmbeddingOptions(Parameters.none());
    }

    /**
     * Puts a prompt of the model before each text.
     *
     * @param name its name, one of {@link TextEmbedder#prompts()}
     * @return the options with it
     */
    public EmbeddingOptions promptName(String name) {
        return with(EmbeddingTask.PROMPT_NAME, Objects.requireNonNull(name, "name"))
                .with(EmbeddingTask.PROMPT, null);
    }

    /**
     * Puts a prompt before each text.
     *
     * @param prompt the prompt, with the blank behind it if there is to be one; empty for none
     * @return the options with it
     */
    public EmbeddingOptions prompt(String prompt) {
        return with(EmbeddingTask.PROMPT, Objects.requireNonNull(prompt, "prompt"));
    }

    /**
     * Cuts embeddings after some numbers, for models that were trained for it (Matryoshka).
     *
     * @param numbers most numbers of an embedding
     * @return the options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public EmbeddingOptions dimension(int numbers) {
        return with(EmbeddingTask.DIMENSION, BigInteger.valueOf(atLeast(1, "dimension", numbers)));
    }

    /**
     * Gives all numbers of an embedding, whatever the archive cuts it to.
     *
     * @return the options with it
     */
    public EmbeddingOptions fullDimension() {
        return with(EmbeddingTask.DIMENSION, null);
    }

    /**
     * Says whether embeddings are given the length 1, after they are cut.
     *
     * @param normalized whether they are; a model that normalizes by itself does so in any case, before the cut
     * @return the options with it
     */
    public EmbeddingOptions normalized(boolean normalized) {
        return with(EmbeddingTask.NORMALIZE, normalized);
    }

    private EmbeddingOptions with(String name, @Nullable Object value) {
        return new EmbeddingOptions(parameters.with(name, value));
    }
}
