package org.djlift;

import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.EmbeddingTask;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A text embedder: gives texts the vectors that sentence-transformers' {@code SentenceTransformer.encode} gives for the
 * model the archive was built from.
 *
 * <pre>{@code
 * try (TextEmbedder embedder = TextEmbedder.load(Path.of("embed-minilm-1.0.0-fp32.zip"))) {
 *     float[] vector = embedder.embed("Anna met Tom in Paris.");
 * }
 * }</pre>
 *
 * <p>A vector has {@link #dimension()} numbers. What makes it of the model's tokens (pooling, dense layers,
 * normalization) is the archive's; a prompt stands before the text, and what is longer than {@link #maxLength()} is
 * cut.
 */
public final class TextEmbedder extends TextModel<String, float[], EmbeddingOptions> {

    private static final EmbeddingTask TASK = new EmbeddingTask();

    private final Map<String, String> prompts;
    private final int dimension;

    private TextEmbedder(ModelBuilder<?, String, EmbeddingOptions> builder, OpenedArchive archive) throws IOException {
        super(builder, archive, TASK);
        this.prompts = EmbeddingTask.prompts(runner.folder());
        this.dimension = EmbeddingTask.dimension(runner.folder(), runner.defaults());
    }

    /**
     * Loads an embedder with the settings of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return the embedder; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     */
    public static TextEmbedder load(Path path) throws IOException {
        return builder(path).build();
    }

    /**
     * Loads an embedder with the settings of its archive, by its path or from a zoo: the one that the system property
     * {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return the embedder; close it after use
     * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive; its reason says why
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     * @throws IllegalArgumentException if the location begins with {@code djlift:} and is malformed, or can be no path
     */
    public static TextEmbedder load(String location) throws IOException {
        return builder(location).build();
    }

    /**
     * Starts an embedder with other settings than those of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return a builder
     */
    public static ModelBuilder<TextEmbedder, String, EmbeddingOptions> builder(Path path) {
        return new ModelBuilder<>(path, TASK, TextEmbedder::new);
    }

    /**
     * Starts an embedder of an archive by its path or from a zoo, as {@link #load(String)} does. The location is looked
     * up when {@link ModelBuilder#build()} is called, which throws what is wrong with it.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static ModelBuilder<TextEmbedder, String, EmbeddingOptions> builder(String location) {
        return new ModelBuilder<>(location, TASK, TextEmbedder::new);
    }

    /**
     * Embeds a text.
     *
     * @param text the text
     * @return its vector, of {@link #dimension()} numbers
     * @throws TextException if it cannot be embedded
     * @throws IllegalStateException if the embedder is closed
     */
    public float[] embed(String text) {
        return embed(text, EmbeddingOptions.defaults());
    }

    /**
     * Embeds a text with a prompt of the model before it.
     *
     * @param text the text
     * @param promptName the prompt's name, one of {@link #prompts()}
     * @return its vector
     * @throws IllegalArgumentException if the model has no such prompt
     * @throws TextException if it cannot be embedded
     * @throws IllegalStateException if the embedder is closed
     */
    public float[] embed(String text, String promptName) {
        return embed(text, EmbeddingOptions.defaults().promptName(promptName));
    }

    /**
     * Embeds a text with options of its own.
     *
     * @param text the text
     * @param options what differs from the builder's options, or else the archive's
     * @return its vector
     * @throws IllegalArgumentException if the model has no such prompt
     * @throws TextException if it cannot be embedded
     * @throws IllegalStateException if the embedder is closed
     */
    public float[] embed(String text, EmbeddingOptions options) {
        return embed(Collections.singletonList(text), options).get(0);
    }

    /**
     * Embeds texts.
     *
     * @param texts the texts
     * @return the vector of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be embedded
     * @throws IllegalStateException if the embedder is closed
     */
    public List<float[]> embed(List<String> texts) {
        return embed(texts, EmbeddingOptions.defaults());
    }

    /**
     * Embeds texts with a prompt of the model before each.
     *
     * @param texts the texts
     * @param promptName the prompt's name, one of {@link #prompts()}
     * @return the vector of each text, in the order of the texts
     * @throws IllegalArgumentException if the model has no such prompt
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be embedded
     * @throws IllegalStateException if the embedder is closed
     */
    public List<float[]> embed(List<String> texts, String promptName) {
        return embed(texts, EmbeddingOptions.defaults().promptName(promptName));
    }

    /**
     * Embeds texts with options of their own.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return the vector of each text, in the order of the texts
     * @throws IllegalArgumentException if the model has no such prompt
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be embedded
     * @throws IllegalStateException if the embedder is closed
     */
    public List<float[]> embed(List<String> texts, EmbeddingOptions options) {
        return all(texts, options);
    }

    /**
     * Embeds a stream of texts in bounded memory, as {@link TokenClassifier#classify(Iterator)} does.
     *
     * @param texts the texts
     * @return the vector of each text, in the order of the texts; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a text that cannot be embedded and {@link NullPointerException} for null
     */
    public Iterator<float[]> embed(Iterator<String> texts) {
        return embed(texts, EmbeddingOptions.defaults());
    }

    /**
     * Embeds a stream of texts with options of their own in bounded memory, as {@link
     * TokenClassifier#classify(Iterator)} does.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return the vector of each text, in the order of the texts; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a text that cannot be embedded and {@link NullPointerException} for null
     */
    public Iterator<float[]> embed(Iterator<String> texts, EmbeddingOptions options) {
        return strict(texts, Function.<String>identity(), options);
    }

    /**
     * Embeds a stream of items that have texts. A text that is null has no vector, and one that cannot be
     * embedded has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param <T> the item that has the text
     * @return each item with its vector, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, float[]>> embed(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text) {
        return embed(items, text, EmbeddingOptions.defaults());
    }

    /**
     * Embeds a stream of items that have texts with options of their own. A text that is null has no vector, and one
     * that cannot be embedded has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has the text
     * @return each item with its vector, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, float[]>> embed(
            Iterator<? extends T> items,
            Function<? super T, ? extends @Nullable String> text,
            EmbeddingOptions options) {
        return lenient(items, text, options);
    }

    /**
     * Returns how long vectors are, those of calls without options.
     *
     * @return numbers of a vector
     */
    public int dimension() {
        return dimension;
    }

    /**
     * Returns the prompts that the model names.
     *
     * @return the prompts by their names, unmodifiable; an empty one is none
     */
    public Map<String, String> prompts() {
        return prompts;
    }
}
