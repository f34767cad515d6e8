package org.djlift;

import org.djlift.data.TokenWeight;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.SparseTask;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A sparse encoder: gives texts the weights of tokens that sentence-transformers' {@code SparseEncoder} (SPLADE) gives
 * for the model the archive was built from.
 *
 * <pre>{@code
 * try (SparseEncoder encoder = SparseEncoder.load(Path.of("splade-1.0.0-fp32.zip"))) {
 *     encoder.encode("Anna met Tom in Paris.").forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p>Tokens come by falling weight, equal ones by their ids; those without a weight do not come. A text that is longer
 * than {@link #maxLength()} is cut.
 */
public final class SparseEncoder extends TextModel<String, List<TokenWeight>, SparseOptions> {

    private static final SparseTask TASK = new SparseTask();

    private SparseEncoder(ModelBuilder<?, String, SparseOptions> builder, OpenedArchive archive) throws IOException {
        super(builder, archive, TASK);
    }

    /**
     * Loads an encoder with the settings of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return the encoder; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     */
    public static SparseEncoder load(Path path) throws IOException {
        return builder(path).build();
    }

    /**
     * Loads an encoder with the settings of its archive, by its path or from a zoo: the one that the system property
     * {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return the encoder; close it after use
     * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive; its reason says why
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     * @throws IllegalArgumentException if the location begins with {@code djlift:} and is malformed, or can be no path
     */
    public static SparseEncoder load(String location) throws IOException {
        return builder(location).build();
    }

    /**
     * Starts an encoder with other settings than those of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return a builder
     */
    public static ModelBuilder<SparseEncoder, String, SparseOptions> builder(Path path) {
        return new ModelBuilder<>(path, TASK, SparseEncoder::new);
    }

    /**
     * Starts an encoder of an archive by its path or from a zoo, as {@link #load(String)} does. The location is looked
     * up when {@link ModelBuilder#build()} is called, which throws what is wrong with it.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static ModelBuilder<SparseEncoder, String, SparseOptions> builder(String location) {
        return new ModelBuilder<>(location, TASK, SparseEncoder::new);
    }

    /**
     * Encodes a text.
     *
     * @param text the text
     * @return its tokens by falling weight
     * @throws TextException if it cannot be encoded
     * @throws IllegalStateException if the encoder is closed
     */
    public List<TokenWeight> encode(String text) {
        return encode(text, SparseOptions.defaults());
    }

    /**
     * Encodes a text with options of its own.
     *
     * @param text the text
     * @param options what differs from the builder's options, or else the archive's
     * @return its tokens by falling weight
     * @throws TextException if it cannot be encoded
     * @throws IllegalStateException if the encoder is closed
     */
    public List<TokenWeight> encode(String text, SparseOptions options) {
        return encode(Collections.singletonList(text), options).get(0);
    }

    /**
     * Encodes texts.
     *
     * @param texts the texts
     * @return the tokens of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be encoded
     * @throws IllegalStateException if the encoder is closed
     */
    public List<List<TokenWeight>> encode(List<String> texts) {
        return encode(texts, SparseOptions.defaults());
    }

    /**
     * Encodes texts with options of their own.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return the tokens of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be encoded
     * @throws IllegalStateException if the encoder is closed
     */
    public List<List<TokenWeight>> encode(List<String> texts, SparseOptions options) {
        return all(texts, options);
    }

    /**
     * Encodes a stream of texts in bounded memory, as {@link TokenClassifier#classify(Iterator)} does.
     *
     * @param texts the texts
     * @return the tokens of each text, in the order of the texts; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a text that cannot be encoded and {@link NullPointerException} for null
     */
    public Iterator<List<TokenWeight>> encode(Iterator<String> texts) {
        return encode(texts, SparseOptions.defaults());
    }

    /**
     * Encodes a stream of texts with options of their own in bounded memory, as {@link
     * TokenClassifier#classify(Iterator)} does.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return the tokens of each text, in the order of the texts; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a text that cannot be encoded and {@link NullPointerException} for null
     */
    public Iterator<List<TokenWeight>> encode(Iterator<String> texts, SparseOptions options) {
        return strict(texts, Function.<String>identity(), options);
    }

    /**
     * Encodes a stream of items that have texts. A text that is null has no tokens, and one that cannot be encoded
     * has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param <T> the item that has the text
     * @return each item with its tokens, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<TokenWeight>>> encode(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text) {
        return encode(items, text, SparseOptions.defaults());
    }

    /**
     * Encodes a stream of items that have texts with options of their own. A text that is null has no tokens, and one
     * that cannot be encoded has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has the text
     * @return each item with its tokens, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<TokenWeight>>> encode(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text, SparseOptions options) {
        return lenient(items, text, options);
    }
}
