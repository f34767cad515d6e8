package org.djlift;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.EntityTask;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A token classifier: finds named entities and other labelled parts of texts, with the labels, words and places that
 * Hugging Face's {@code TokenClassificationPipeline} gives for the model the archive was built from.
 *
 * <pre>{@code
 * try (TokenClassifier ner = TokenClassifier.load(Path.of("ner-1.0-fp32.zip"))) {
 *     for (Entity entity : ner.classify("Ada Lovelace met Charles Babbage in London.")) {
 *         System.out.println(entity.label() + " " + entity.word());
 *     }
 * }
 * }</pre>
 *
 * <p>A text that is longer than {@link #maxLength()} is cut there, as Hugging Face does: entities behind the cut are
 * not found. {@link EntityOptions#stride} reads all of it, in windows that overlap.
 */
public final class TokenClassifier extends TextModel<String, List<Entity>, EntityOptions> {

    private static final EntityTask TASK = new EntityTask();

    private final List<String> labels;
    private final AggregationStrategy strategy;

    private TokenClassifier(ModelBuilder<?, String, EntityOptions> builder, OpenedArchive archive) throws IOException {
        super(builder, archive, TASK);
        this.labels = runner.folder().labels();
        this.strategy = EntityTask.strategy(runner.folder(), runner.defaults());
    }

    /**
     * Loads a classifier with the settings of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return the classifier; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     */
    public static TokenClassifier load(Path path) throws IOException {
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
    public static TokenClassifier load(String location) throws IOException {
        return builder(location).build();
    }

    /**
     * Starts a classifier with other settings than those of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return a builder
     */
    public static ModelBuilder<TokenClassifier, String, EntityOptions> builder(Path path) {
        return new ModelBuilder<>(path, TASK, TokenClassifier::new);
    }

    /**
     * Starts a classifier of an archive by its path or from a zoo, as {@link #load(String)} does. The location is
     * looked up when {@link ModelBuilder#build()} is called, which throws what is wrong with it.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static ModelBuilder<TokenClassifier, String, EntityOptions> builder(String location) {
        return new ModelBuilder<>(location, TASK, TokenClassifier::new);
    }

    /**
     * Classifies a text.
     *
     * @param text the text
     * @return its entities, in the order of the text
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Entity> classify(String text) {
        return classify(text, EntityOptions.defaults());
    }

    /**
     * Classifies a text with options of its own.
     *
     * @param text the text
     * @param options what differs from the builder's options, or else the archive's
     * @return its entities, in the order of the text
     * @throws IllegalArgumentException if the stride leaves no room for text, or the strategy is {@code NONE} with one
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Entity> classify(String text, EntityOptions options) {
        return classify(Collections.singletonList(text), options).get(0);
    }

    /**
     * Classifies texts.
     *
     * @param texts the texts
     * @return the entities of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<Entity>> classify(List<String> texts) {
        return classify(texts, EntityOptions.defaults());
    }

    /**
     * Classifies texts with options of their own.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return the entities of each text, in the order of the texts
     * @throws IllegalArgumentException if the stride leaves no room for text, or the strategy is {@code NONE} with one
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<Entity>> classify(List<String> texts, EntityOptions options) {
        return all(texts, options);
    }

    /**
     * Classifies a stream of texts, in its order. Texts of like length share runs of the model, equal texts are run
     * once, and the next texts are tokenized while these are run.
     *
     * <p>At most twice {@link ModelBuilder#lookAhead} texts are in memory. The texts are taken on the thread that asks
     * for results, never further ahead than that. What the source throws, {@code next()} throws after the results of
     * the texts before it. After {@code next()} threw, the iterator goes on with the text after the one that failed.
     *
     * @param texts the texts
     * @return the entities of each text, in the order of the texts; not thread-safe. Its {@code next()} throws
     *     {@link TextException} for a text that cannot be classified, {@link NullPointerException} for null and
     *     {@link IllegalStateException} once the classifier is closed
     */
    public Iterator<List<Entity>> classify(Iterator<String> texts) {
        return classify(texts, EntityOptions.defaults());
    }

    /**
     * Classifies a stream of texts with options of their own, as {@link #classify(Iterator)} does.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return the entities of each text, in the order of the texts; not thread-safe. Its {@code next()} throws
     *     {@link TextException} for a text that cannot be classified, {@link NullPointerException} for null and
     *     {@link IllegalStateException} once the classifier is closed
     * @throws IllegalArgumentException if the stride leaves no room for text, or the strategy is {@code NONE} with one
     */
    public Iterator<List<Entity>> classify(Iterator<String> texts, EntityOptions options) {
        return strict(texts, Function.identity(), options);
    }

    /**
     * Classifies a stream of items that have a text each, as {@link #classify(Iterator)} does. If the text is null the
     * outcome is empty, and if it cannot be classified the outcome has the failure; {@link Outcome} has a loop.
     *
     * <p>What the function throws, {@code next()} throws after the outcomes of the items before it; that item has no
     * outcome. After {@code next()} threw, the iterator goes on with the next item.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param <T> the item that has the text
     * @return each item with its outcome, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<Entity>>> classify(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text) {
        return classify(items, text, EntityOptions.defaults());
    }

    /**
     * Classifies a stream of items that have a text each with options, as {@link #classify(Iterator, Function)} does.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has the text
     * @return each item with its outcome, in the order of the items; not thread-safe
     * @throws IllegalArgumentException if the stride leaves no room for text, or the strategy is {@code NONE} with one
     */
    public <T> Iterator<Outcome<T, List<Entity>>> classify(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text, EntityOptions options) {
        return lenient(items, text, options);
    }

    /**
     * Returns the labels of the model, such as {@code B-PER}.
     *
     * @return the labels in the order of the logits, unmodifiable
     */
    public List<String> labels() {
        return labels;
    }

    /**
     * Returns the aggregation strategy of calls whose options set none.
     *
     * @return the builder's strategy, or else the archive's
     */
    public AggregationStrategy aggregationStrategy() {
        return strategy;
    }
}
