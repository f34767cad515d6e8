package org.djlift;

import org.djlift.data.ZeroShotInput;
import org.djlift.data.ZeroShotResult;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.ZeroShotTask;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A classifier by labels that are named with each text: gives the scores that Hugging Face's {@code
 * ZeroShotClassificationPipeline} gives for the model the archive was built from.
 *
 * <pre>{@code
 * try (ZeroShotClassifier topics = ZeroShotClassifier.load(Path.of("nli-1.0-fp32.zip"))) {
 *     System.out.println(topics.classify("Rain stopped play.", List.of("sport", "politics")).best());
 * }
 * }</pre>
 *
 * <p>The model runs once for each label, on the text and a sentence that is made of the label. A text that is longer
 * than {@link #maxLength()} leaves room for is cut, the sentence never is. As with the pipeline, an empty text cannot
 * be classified.
 */
public final class ZeroShotClassifier extends TextModel<ZeroShotInput, ZeroShotResult, ZeroShotOptions> {

    private static final ZeroShotTask TASK = new ZeroShotTask();

    private ZeroShotClassifier(ModelBuilder<?, ZeroShotInput, ZeroShotOptions> builder, OpenedArchive archive)
            throws IOException {
        super(builder, archive, TASK);
    }

    /**
     * Loads a classifier with the settings of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return the classifier; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     */
    public static ZeroShotClassifier load(Path path) throws IOException {
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
    public static ZeroShotClassifier load(String location) throws IOException {
        return builder(location).build();
    }

    /**
     * Starts a classifier with other settings than those of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return a builder
     */
    public static ModelBuilder<ZeroShotClassifier, ZeroShotInput, ZeroShotOptions> builder(Path path) {
        return new ModelBuilder<>(path, TASK, ZeroShotClassifier::new);
    }

    /**
     * Starts a classifier of an archive by its path or from a zoo, as {@link #load(String)} does. The location is
     * looked up when {@link ModelBuilder#build()} is called, which throws what is wrong with it.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static ModelBuilder<ZeroShotClassifier, ZeroShotInput, ZeroShotOptions> builder(String location) {
        return new ModelBuilder<>(location, TASK, ZeroShotClassifier::new);
    }

    /**
     * Classifies a text by labels.
     *
     * @param text the text
     * @param labels the labels, at least one
     * @return the labels by falling score
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public ZeroShotResult classify(String text, List<String> labels) {
        return classify(text, labels, ZeroShotOptions.defaults());
    }

    /**
     * Classifies a text by labels, with options of its own.
     *
     * @param text the text
     * @param labels the labels, at least one
     * @param options what differs from the builder's options, or else the archive's
     * @return the labels by falling score
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public ZeroShotResult classify(String text, List<String> labels, ZeroShotOptions options) {
        return classify(ZeroShotInput.of(text, labels), options);
    }

    /**
     * Classifies a text.
     *
     * @param input the text, with labels or for those of the archive
     * @return the labels by falling score
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public ZeroShotResult classify(ZeroShotInput input) {
        return classify(input, ZeroShotOptions.defaults());
    }

    /**
     * Classifies a text with options of its own.
     *
     * @param input the text, with labels or for those of the archive
     * @param options what differs from the builder's options, or else the archive's
     * @return the labels by falling score
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public ZeroShotResult classify(ZeroShotInput input, ZeroShotOptions options) {
        return classifyInputs(Collections.singletonList(input), options).get(0);
    }

    /**
     * Classifies texts by the same labels.
     *
     * @param texts the texts
     * @param labels the labels, at least one
     * @return the result of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<ZeroShotResult> classify(List<String> texts, List<String> labels) {
        return classify(texts, labels, ZeroShotOptions.defaults());
    }

    /**
     * Classifies texts by the same labels, with options of their own.
     *
     * @param texts the texts
     * @param labels the labels, at least one
     * @param options what differs from the builder's options, or else the archive's
     * @return the result of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<ZeroShotResult> classify(List<String> texts, List<String> labels, ZeroShotOptions options) {
        Function<String, ZeroShotInput> with = with(labels);
        return classifyInputs(texts.stream().map(with).collect(Collectors.toList()), options);
    }

    /**
     * Classifies texts, each by labels of its own.
     *
     * @param inputs the texts, with labels or for those of the archive
     * @return the result of each, in their order
     * @throws NullPointerException if one is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<ZeroShotResult> classifyInputs(List<ZeroShotInput> inputs) {
        return classifyInputs(inputs, ZeroShotOptions.defaults());
    }

    /**
     * Classifies texts, each by labels of its own, with options.
     *
     * @param inputs the texts, with labels or for those of the archive
     * @param options what differs from the builder's options, or else the archive's
     * @return the result of each, in their order
     * @throws NullPointerException if one is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<ZeroShotResult> classifyInputs(List<ZeroShotInput> inputs, ZeroShotOptions options) {
        return all(inputs, options);
    }

    /**
     * Classifies a stream of texts by the same labels in bounded memory.
     *
     * @param texts the texts
     * @param labels the labels, at least one
     * @return the result of each text, in the order of the texts; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a text that cannot be classified and {@link NullPointerException} for null
     */
    public Iterator<ZeroShotResult> classify(Iterator<String> texts, List<String> labels) {
        return classify(texts, labels, ZeroShotOptions.defaults());
    }

    /**
     * Classifies a stream of texts by the same labels with options of their own in bounded memory.
     *
     * @param texts the texts
     * @param labels the labels, at least one
     * @param options what differs from the builder's options, or else the archive's
     * @return the result of each text, in the order of the texts; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a text that cannot be classified and {@link NullPointerException} for null
     */
    public Iterator<ZeroShotResult> classify(Iterator<String> texts, List<String> labels, ZeroShotOptions options) {
        return strict(texts, with(labels), options);
    }

    /**
     * Classifies a stream of items that have texts, by the same labels. A text that is null has no result, and
     * one that cannot be classified has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param labels the labels, at least one
     * @param <T> the item that has the text
     * @return each item with its result, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, ZeroShotResult>> classify(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text, List<String> labels) {
        return classify(items, text, labels, ZeroShotOptions.defaults());
    }

    /**
     * Classifies a stream of items that have texts, by the same labels. A text that is null has no result, and
     * one that cannot be classified has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param labels the labels, at least one
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has the text
     * @return each item with its result, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, ZeroShotResult>> classify(
            Iterator<? extends T> items,
            Function<? super T, ? extends @Nullable String> text,
            List<String> labels,
            ZeroShotOptions options) {
        Function<String, ZeroShotInput> with = with(labels);
        return lenient(items, item -> with.apply(text.apply(item)), options);
    }

    /**
     * Classifies a stream of items that have texts with labels.
     *
     * @param items the items
     * @param input gives the text of an item with its labels, or null; called once for an item
     * @param <T> the item that has the text
     * @return each item with its result, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, ZeroShotResult>> classifyInputs(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable ZeroShotInput> input) {
        return classifyInputs(items, input, ZeroShotOptions.defaults());
    }

    /**
     * Classifies a stream of items that have texts with labels with options of their own.
     *
     * @param items the items
     * @param input gives the text of an item with its labels, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has the text
     * @return each item with its result, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, ZeroShotResult>> classifyInputs(
            Iterator<? extends T> items,
            Function<? super T, ? extends @Nullable ZeroShotInput> input,
            ZeroShotOptions options) {
        return lenient(items, input, options);
    }

    private static Function<String, ZeroShotInput> with(List<String> labels) {
        List<String> all = List.copyOf(labels);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("labels must name at least one");
        }
        return text -> text == null ? null : ZeroShotInput.of(text, all);
    }
}
