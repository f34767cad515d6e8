package org.djlift.translate;

import ai.djl.Model;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;

import org.djlift.internal.EmbeddingTask;
import org.slf4j.LoggerFactory;

import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes translators that give a model of a djlift archive the vectors of sentence-transformers' {@code
 * SentenceTransformer.encode}.
 *
 * <p>Supported are {@code String} to {@code float[]}, {@code String[]} to {@code float[][]}, and {@code Input} to {@code
 * Output} as in DJL Serving: a text, or JSON that is a text, a list of texts, or an object with either as {@code inputs}.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code prompt_name}, {@code prompt}, {@code
 * truncate_dim}, {@code normalize}, or several as a JSON object named {@code parameters}. How tokens are pooled is the
 * archive's, {@code embedding.json}.
 */
public class TextEmbeddingTranslatorFactory implements TranslatorFactory, Serializable {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public TextEmbeddingTranslatorFactory() {}

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
                        LoggerFactory.getLogger(TextEmbeddingTranslatorFactory.class));
    }

    private static TaskTranslators<String, float[]> translators() {
        Function<String, String> text = Function.identity();
        Function<float[], float[]> vector = Function.identity();
        return new TaskTranslators<>(
                new EmbeddingTask(),
                List.of(
                        Kind.one(String.class, float[].class, text, vector),
                        Kind.many(String[].class, float[][].class, text, vector, float[][]::new),
                        Kind.serving(Requests::texts, vector)));
    }
}
