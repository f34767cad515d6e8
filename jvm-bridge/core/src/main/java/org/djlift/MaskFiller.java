package org.djlift;

import org.djlift.data.MaskFill;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.FillMaskTask;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * Fills masks in texts with the tokens and scores that Hugging Face's {@code FillMaskPipeline} gives for the model the
 * archive was built from.
 *
 * <pre>{@code
 * try (MaskFiller filler = MaskFiller.load(Path.of("bert-1.0-fp32.zip"))) {
 *     System.out.println(filler.fill("Paris is the " + filler.mask() + " of France.").get(0).get(0).text());
 * }
 * }</pre>
 *
 * <p>A text has one mask at least; the result has a list for each of them, in their order: tokens by falling score, of
 * equal scores the lower id first. A text that is longer than {@link #maxLength()} is cut; one whose masks are all cut
 * off cannot be filled.
 */
public final class MaskFiller extends TextModel<String, List<List<MaskFill>>, FillOptions> {

    private static final FillMaskTask TASK = new FillMaskTask();

    private final String mask;

    private MaskFiller(ModelBuilder<?, String, FillOptions> builder, OpenedArchive archive) throws IOException {
        super(builder, archive, TASK);
        this.mask = FillMaskTask.mask(runner.folder());
    }

    /**
     * Loads a model with the settings of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return the model; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     */
    public static MaskFiller load(Path path) throws IOException {
        return builder(path).build();
    }

    /**
     * Loads a model with the settings of its archive, by its path or from a zoo: the one that the system property
     * {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return the model; close it after use
     * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive; its reason says why
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     * @throws IllegalArgumentException if the location begins with {@code djlift:} and is malformed, or can be no path
     */
    public static MaskFiller load(String location) throws IOException {
        return builder(location).build();
    }

    /**
     * Starts a model with other settings than those of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return a builder
     */
    public static ModelBuilder<MaskFiller, String, FillOptions> builder(Path path) {
        return new ModelBuilder<>(path, TASK, MaskFiller::new);
    }

    /**
     * Starts a model of an archive by its path or from a zoo, as {@link #load(String)} does. The location is looked up
     * when {@link ModelBuilder#build()} is called, which throws what is wrong with it.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static ModelBuilder<MaskFiller, String, FillOptions> builder(String location) {
        return new ModelBuilder<>(location, TASK, MaskFiller::new);
    }

    /**
     * Fills the masks of a text.
     *
     * @param text a text with {@link #mask()} in it
     * @return for each mask tokens by falling score, as many as the archive says
     * @throws TextException if it cannot be filled: it has no mask
     * @throws IllegalStateException if the model is closed
     */
    public List<List<MaskFill>> fill(String text) {
        return fill(text, FillOptions.defaults());
    }

    /**
     * Fills the masks of a text with options of its own.
     *
     * @param text a text with {@link #mask()} in it
     * @param options what differs from the builder's options, or else the archive's
     * @return for each mask tokens by falling score
     * @throws IllegalArgumentException if no target is a token
     * @throws TextException if it cannot be filled: it has no mask, or the vocabulary is smaller than what is asked for
     * @throws IllegalStateException if the model is closed
     */
    public List<List<MaskFill>> fill(String text, FillOptions options) {
        return fill(Collections.singletonList(text), options).get(0);
    }

    /**
     * Fills the masks of texts.
     *
     * @param texts the texts
     * @return for each text, and each mask of it, tokens by falling score
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be filled
     * @throws IllegalStateException if the model is closed
     */
    public List<List<List<MaskFill>>> fill(List<String> texts) {
        return fill(texts, FillOptions.defaults());
    }

    /**
     * Fills the masks of texts with options of their own.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return for each text, and each mask of it, tokens by falling score
     * @throws IllegalArgumentException if no target is a token
     * @throws NullPointerException if a text is null; the message names its index
     * @throws TextException for the first that cannot be filled
     * @throws IllegalStateException if the model is closed
     */
    public List<List<List<MaskFill>>> fill(List<String> texts, FillOptions options) {
        return all(texts, options);
    }

    /**
     * Fills the masks of a stream of texts in bounded memory, as {@link TokenClassifier#classify(Iterator)} does.
     *
     * @param texts the texts
     * @return for each text, and each mask of it, tokens by falling score; not thread-safe. Its {@code next()} throws
     *     {@link TextException} for a text that cannot be filled and {@link NullPointerException} for null
     */
    public Iterator<List<List<MaskFill>>> fill(Iterator<String> texts) {
        return fill(texts, FillOptions.defaults());
    }

    /**
     * Fills the masks of a stream of texts with options of their own in bounded memory, as {@link
     * TokenClassifier#classify(Iterator)} does.
     *
     * @param texts the texts
     * @param options what differs from the builder's options, or else the archive's
     * @return for each text, and each mask of it, tokens by falling score; not thread-safe. Its {@code next()} throws
     *     {@link TextException} for a text that cannot be filled and {@link NullPointerException} for null
     */
    public Iterator<List<List<MaskFill>>> fill(Iterator<String> texts, FillOptions options) {
        return strict(texts, Function.<String>identity(), options);
    }

    /**
     * Fills the masks of a stream of items that have texts. A text that is null has no result, and one that
     * cannot be filled has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param <T> the item that has the text
     * @return each item with its result, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<List<MaskFill>>>> fill(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text) {
        return fill(items, text, FillOptions.defaults());
    }

    /**
     * Fills the masks of a stream of items that have texts with options of their own. A text that is null has no its
     * result, and one that cannot be filled has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has the text
     * @return each item with its result, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<List<MaskFill>>>> fill(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable String> text, FillOptions options) {
        return lenient(items, text, options);
    }

    /**
     * Returns the mask token, which marks a place to fill.
     *
     * @return the mask token, such as {@code [MASK]}
     */
    public String mask() {
        return mask;
    }
}
