package org.djlift.translate;

import ai.djl.modality.nlp.EmbeddingOutput;

import org.djlift.data.TokenWeight;
import org.djlift.internal.tasks.SparseTask;

import java.util.List;
import java.util.function.Function;

/**
 * Makes translators that give a model of a djlift archive the weights of sentence-transformers' {@code SparseEncoder}.
 *
 * <p>Supported are {@code String} to {@code EmbeddingOutput}, arrays of both, and {@code Input} to {@code Output} as in
 * DJL Serving: a text, or JSON that is a text, a list of texts, or an object with either as {@code inputs}. The lexical
 * weights are by the ids of tokens, as texts, which is how DJL's own translator has them.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code top_k}, {@code prompt}, or both as
 * a JSON object named {@code parameters}.
 */
public class SparseEmbeddingTranslatorFactory extends TaskTranslatorFactory<String, List<TokenWeight>> {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public SparseEmbeddingTranslatorFactory() {}

    @Override
    TaskTranslators<String, List<TokenWeight>> translators() {
        Function<String, String> text = Function.identity();
        return new TaskTranslators<>(
                new SparseTask(),
                List.of(
                        Kind.one(String.class, EmbeddingOutput.class, text, Weights::of),
                        Kind.many(String[].class, EmbeddingOutput[].class, text, Weights::of, EmbeddingOutput[]::new),
                        Kind.serving(Requests::texts, Weights::of)));
    }

    /** DJL's weights. */
    private static final class Weights {

        private Weights() {}

        static EmbeddingOutput of(List<TokenWeight> tokens) {
            EmbeddingOutput output = new EmbeddingOutput();
            tokens.forEach(one -> output.addTokenWeights(Integer.toString(one.id()), one.weight()));
            return output;
        }
    }
}
