package org.djlift;

import org.djlift.data.LabelScore;
import org.djlift.data.TextPair;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.ClassificationTask;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A text classifier: gives texts, or pairs of them, the labels and scores that Hugging Face's {@code
 * TextClassificationPipeline} gives for the model the archive was built from.
 *
 * <pre>{@code
 * try (TextClassifier mood = TextClassifier.load(Path.of("mood-1.0-fp32.zip"))) {
 *     System.out.println(mood.classify("What a day!").get(0).label());
 * }
 * }</pre>
 *
 * <p>Labels come by falling score; equal scores stay in the order of the model's labels. A text that is longer than
 * {@link #maxLength()} is cut, of a pair the longer one first.
 */
public final class TextClassifier extends TextModel<TextPair, List<LabelScore>, ClassificationOptions> {

    private static final ClassificationTask TASK = new ClassificationTask();

    private final List<String> labels;

    private TextClassifier(ModelBuilder<?, TextPair, ClassificationOptions> builder, OpenedArchive archive)
            throws IOException {
        super(builder, archive, TASK);
        this.labels = runner.folder().labels();
    }

    /**
     * Loads a classifier with the settings of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return the classifier; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     */
    public static TextClassifier load(Path path) throws IOException {
        return builder(path).build();
    }

    /**
     * Loads a classifier with the settings of its archive, by its path or from a zoo: the one that the system property
     * {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return the classifier; close it after use
     * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive; its reason says why
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     * @throws IllegalArgumentException if the location begins with {@code djlift:} and is malformed, or can be no path
     */
    public static TextClassifier load(String location) throws IOException {
        return builder(location).build();
    }

    /**
     * Starts a classifier with other settings than those of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return a builder
     */
    public static ModelBuilder<TextClassifier, TextPair, ClassificationOptions> builder(Path path) {
        return new ModelBuilder<>(path, TASK, TextClassifier::new);
    }

    /**
     * Starts a classifier of an archive by its path or from a zoo, as {@link #load(String)} does. The location is
     * looked up when {@link ModelBuilder#build()} is called, which throws what is wrong with it.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static ModelBuilder<TextClassifier, TextPair, ClassificationOptions> builder(String location) {
        return new ModelBuilder<>(location, TASK, TextClassifier::new);
    }

    /**
     * Classifies a text.
     *
     * @param text the text
     * @return labels by falling score, as many as the archive says
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<LabelScore> classify(String text) {
        return classify(text, ClassificationOptions.defaults());
    }

    /**
     * Classifies a text with options of its own.
     *
     * @param text the text
     * @param options what differs from the builder's options, or else the archive's
     * @return labels by falling score
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<LabelScore> classify(String text, ClassificationOptions options) {
        return classify(Collections.singletonList(text), options).get(0);
    }

    /**
     * Classifies a pair of texts.
     *
     * @param pair the texts
     * @return labels by falling score, as many as the archive says
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<LabelScore> classify(TextPair pair) {
        return classify(pair, ClassificationOptions.defaults());
    }

    /**
     * Classifies a pair of texts with options of its own.
     *
     * @param pair the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return labels by falling score
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<LabelScore> classify(TextPair pair, ClassificationOptions options) {
        return classifyPairs(Collections.singletonList(pair), options).get(0);
    }

    /**
     * Classifies texts.
     *
     * @param texts the texts
     * @return the labels of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<LabelScore>> classify(List<String> texts) {
        return classify(texts, ClassificationOptions.defaults());
    }

    /**
     * Classifies texts with options of their own.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return the labels of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<LabelScore>> classify(List<String> texts, ClassificationOptions options) {
        return classifyPairs(texts.stream().map(TextClassifier::alone).collect(Collectors.toList()), options);
    }

    /**
     * Classifies pairs of texts.
     *
     * @param pairs the pairs
     * @return the labels of each pair, in the order of the pairs
     * @throws NullPointerException if a pair is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<LabelScore>> classifyPairs(List<TextPair> pairs) {
        return classifyPairs(pairs, ClassificationOptions.defaults());
    }

    /**
     * Classifies pairs of texts with options of their own.
     *
     * @param pairs the pairs
     * @param options what differs from the builder's options, or else the archive's
     * @return the labels of each pair, in the order of the pairs
     * @throws NullPointerException if a pair is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<LabelScore>> classifyPairs(List<TextPair> pairs, ClassificationOptions options) {
        return all(pairs, options);
    }

    /**
     * Classifies a stream of texts in bounded memory, as {@link TokenClassifier#classify(Iterator)} does.
     *
     * @param texts the texts
     * @return the labels of each text, in the order of the texts; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a text that cannot be classified and {@link NullPointerException} for null
     */
    public Iterator<List<LabelScore>> classify(Iterator<String> texts) {
        return classify(texts, ClassificationOptions.defaults());
    }

    /**
     * Classifies a stream of texts with options of their own in bounded memory, as {@link
     * TokenClassifier#classify(Iterator)} does.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return the labels of each text, in the order of the texts; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a text that cannot be classified and {@link NullPointerException} for null
     */
    public Iterator<List<LabelScore>> classify(Iterator<String> texts, ClassificationOptions options) {
        return strict(texts, TextClassifier::alone, options);
    }

    /**
     * Classifies a stream of items that have texts. A text that is null has no labels, and one that cannot be
     * classified has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param <T> the item that has the text
     * @return each item with its labels, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<LabelScore>>> classify(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text) {
        return classify(items, text, ClassificationOptions.defaults());
    }

    /**
     * Classifies a stream of items that have texts with options of their own. A text that is null has no labels, and
     * one that cannot be classified has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has the text
     * @return each item with its labels, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<LabelScore>>> classify(
            Iterator<? extends T> items,
            Function<? super T, ? extends @Nullable String> text,
            ClassificationOptions options) {
        Objects.requireNonNull(text, "text");
        return lenient(items, item -> alone(text.apply(item)), options);
    }

    /**
     * Classifies a stream of items that have pairs of texts.
     *
     * @param items the items
     * @param pair gives the pair of an item, or null; called once for an item
     * @param <T> the item that has a pair
     * @return each item with its labels, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<LabelScore>>> classifyPairs(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable TextPair> pair) {
        return classifyPairs(items, pair, ClassificationOptions.defaults());
    }

    /**
     * Classifies a stream of items that have pairs of texts with options of their own.
     *
     * @param items the items
     * @param pair gives the pair of an item, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has a pair
     * @return each item with its labels, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<LabelScore>>> classifyPairs(
            Iterator<? extends T> items,
            Function<? super T, ? extends @Nullable TextPair> pair,
            ClassificationOptions options) {
        return lenient(items, pair, options);
    }

    /**
     * Returns the labels.
     *
     * @return the labels in the order of the logits, unmodifiable
     */
    public List<String> labels() {
        return labels;
    }

    private static @Nullable TextPair alone(@Nullable String text) {
        return text == null ? null : TextPair.of(text);
    }
}
