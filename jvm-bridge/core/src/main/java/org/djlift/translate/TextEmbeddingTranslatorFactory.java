package org.djlift.translate;

import org.djlift.internal.tasks.EmbeddingTask;

import java.util.List;
import java.util.function.Function;

/**
 * Makes translators that give a model of a djlift archive the vectors of sentence-transformers' {@code
 * SentenceTransformer.encode}.
 *
 * <p>Supported are {@code String} to {@code float[]}, {@code String[]} to {@code float[][]}, and {@code Input} to
 * {@code Output} as in DJL Serving: a text, or JSON that is a text, a list of texts, or an object with either as {@code
 * inputs}.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code prompt_name}, {@code prompt},
 * {@code truncate_dim}, {@code normalize}, or several as a JSON object named {@code parameters}. How tokens are pooled
 * is the archive's, {@code embedding.json}.
 */
public class TextEmbeddingTranslatorFactory extends TaskTranslatorFactory<String, float[]> {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public TextEmbeddingTranslatorFactory() {}

    @Override
    TaskTranslators<String, float[]> translators() {
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
