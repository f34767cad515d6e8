package org.djlift.translate;

import ai.djl.Model;
import ai.djl.modality.nlp.EmbeddingOutput;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;

import org.djlift.TokenWeight;
import org.djlift.internal.SparseTask;
import org.slf4j.LoggerFactory;

import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes translators that give a model of a djlift archive the weights of sentence-transformers' {@code SparseEncoder}.
 *
 * <p>Supported are {@code String} to {@code EmbeddingOutput}, arrays of both, and {@code Input} to {@code Output} as in
 * DJL Serving: a text, or JSON that is a text, a list of texts, or an object with either as {@code inputs}. The lexical
 * weights are by the ids of tokens, as texts, which is how DJL's own translator has them.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code top_k}, {@code prompt}, or both as a
 * JSON object named {@code parameters}.
 */
public class SparseEmbeddingTranslatorFactory implements TranslatorFactory, Serializable {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public SparseEmbeddingTranslatorFactory() {}

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return translators().supportedTypes();
    }

    /**
     * Makes a translator for a model.
     *
     * @throws IllegalArgumentException if an argument or the pair of types is not supported
     * @throws UncheckedIOException if the model is a djlift archive and not what its manifest says; it is closed then
     * @throws TranslateException if a file of the model cannot be read
     */
    @Override
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) throws TranslateException {
        return translators()
                .newInstance(
                        input,
                        output,
                        model,
                        arguments,
                        LoggerFactory.getLogger(SparseEmbeddingTranslatorFactory.class));
    }

    private static TaskTranslators<String, List<TokenWeight>> translators() {
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
