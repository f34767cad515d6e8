package org.djlift;

import org.djlift.data.RankedText;
import org.djlift.data.RankingInput;
import org.djlift.data.RankingOutput;
import org.djlift.data.TextPair;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.RankingTask;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A cross-encoder: says how well texts answer a query, as sentence-transformers' {@code CrossEncoder} does for the
 * model the archive was built from.
 *
 * <pre>{@code
 * try (CrossEncoder judge = CrossEncoder.load(Path.of("reranker-1.0-fp32.zip"))) {
 *     for (RankedText one : judge.rank("Who wrote Emma?", documents, 3)) {
 *         System.out.println(one.score() + " " + documents.get(one.index()));
 *     }
 * }
 * }</pre>
 *
 * <p>Most models give one score for a pair; one that was trained with several labels gives a score for each and cannot
 * rank. Of a pair that is longer than {@link #maxLength()} the longer text is cut first.
 */
public final class CrossEncoder extends TextModel<RankingInput, RankingOutput, RankingOptions> {

    private static final RankingTask TASK = new RankingTask();

    private final int labels;

    private CrossEncoder(ModelBuilder<?, RankingInput, RankingOptions> builder, OpenedArchive archive)
            throws IOException {
        super(builder, archive, TASK);
        this.labels = runner.folder().labels().size();
    }

    /**
     * Loads a cross-encoder with the settings of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return the cross-encoder; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     */
    public static CrossEncoder load(Path path) throws IOException {
        return builder(path).build();
    }

    /**
     * Loads a cross-encoder with the settings of its archive, by its path or from a zoo: the one that the system
     * property {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return the cross-encoder; close it after use
     * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive; its reason says why
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     * @throws IllegalArgumentException if the location begins with {@code djlift:} and is malformed, or can be no path
     */
    public static CrossEncoder load(String location) throws IOException {
        return builder(location).build();
    }

    /**
     * Starts a cross-encoder with other settings than those of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return a builder
     */
    public static ModelBuilder<CrossEncoder, RankingInput, RankingOptions> builder(Path path) {
        return new ModelBuilder<>(path, TASK, CrossEncoder::new);
    }

    /**
     * Starts a cross-encoder of an archive by its path or from a zoo, as {@link #load(String)} does. The location is
     * looked up when {@link ModelBuilder#build()} is called, which throws what is wrong with it.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static ModelBuilder<CrossEncoder, RankingInput, RankingOptions> builder(String location) {
        return new ModelBuilder<>(location, TASK, CrossEncoder::new);
    }

    /**
     * Scores a pair.
     *
     * @param query the query
     * @param text the text
     * @return the score
     * @throws TextException if it cannot be scored
     * @throws IllegalStateException if the model gives several scores, or is closed
     */
    public float score(String query, String text) {
        return score(query, text, RankingOptions.defaults());
    }

    /**
     * Scores a pair with options of its own.
     *
     * @param query the query
     * @param text the text
     * @param options what differs from the builder's options, or else the archive's
     * @return the score
     * @throws TextException if it cannot be scored
     * @throws IllegalStateException if the model gives several scores, or is closed
     */
    public float score(String query, String text, RankingOptions options) {
        return single(scores(Collections.singletonList(TextPair.of(query, text)), options))[0];
    }

    /**
     * Scores pairs.
     *
     * @param pairs queries, each with its text
     * @return the score of each pair, in their order
     * @throws NullPointerException if a pair is null; the message names its index
     * @throws TextException for the first that cannot be scored
     * @throws IllegalStateException if the model gives several scores, or is closed
     */
    public float[] score(List<TextPair> pairs) {
        return single(scores(pairs, RankingOptions.defaults()));
    }

    /**
     * Scores pairs by each label of the model.
     *
     * @param pairs queries, each with its text
     * @param options what differs from the builder's options, or else the archive's
     * @return for each pair, in their order, a score for each label
     * @throws NullPointerException if a pair is null; the message names its index
     * @throws TextException for the first that cannot be scored
     * @throws IllegalStateException if the model is closed
     */
    public float[][] scores(List<TextPair> pairs, RankingOptions options) {
        List<RankingInput> inputs = pairs.stream().map(CrossEncoder::input).collect(Collectors.toList());
        return all(inputs, options).stream().map(RankingOutput::scores).toArray(float[][]::new);
    }

    /**
     * Ranks documents.
     *
     * @param query the query
     * @param documents the documents
     * @return all of them by falling score; of equal scores the earlier document first
     * @throws TextException if they cannot be ranked
     * @throws IllegalStateException if the model gives several scores, or is closed
     */
    public List<RankedText> rank(String query, List<String> documents) {
        return rank(query, documents, RankingOptions.defaults());
    }

    /**
     * Ranks documents and gives the best.
     *
     * @param query the query
     * @param documents the documents
     * @param topK most documents of the ranking, at least 1
     * @return the best of them by falling score
     * @throws TextException if they cannot be ranked
     * @throws IllegalStateException if the model gives several scores, or is closed
     */
    public List<RankedText> rank(String query, List<String> documents, int topK) {
        return rank(query, documents, RankingOptions.defaults().topK(topK));
    }

    /**
     * Ranks documents with options.
     *
     * @param query the query
     * @param documents the documents
     * @param options what differs from the builder's options, or else the archive's
     * @return the documents by falling score
     * @throws TextException if they cannot be ranked
     * @throws IllegalStateException if the model gives several scores, or is closed
     */
    public List<RankedText> rank(String query, List<String> documents, RankingOptions options) {
        checkSingle();
        List<RankingInput> one = Collections.singletonList(RankingInput.documents(query, documents));
        return run(one, options).get(0).ranking();
    }

    /**
     * Runs pairs and rankings together.
     *
     * @param inputs pairs to score and documents to rank
     * @param options what differs from the builder's options, or else the archive's
     * @return what becomes of each, in their order
     * @throws NullPointerException if an input is null; the message names its index
     * @throws TextException for the first that cannot be run
     * @throws IllegalStateException if the model is closed
     */
    public List<RankingOutput> run(List<RankingInput> inputs, RankingOptions options) {
        return all(inputs, options);
    }

    /**
     * Runs a stream of pairs and rankings in bounded memory.
     *
     * @param inputs pairs to score and documents to rank
     * @return what becomes of each, in their order; not thread-safe. Its {@code next()} throws {@link TextException}
     *     for one that cannot be run and {@link NullPointerException} for null
     */
    public Iterator<RankingOutput> run(Iterator<RankingInput> inputs) {
        return run(inputs, RankingOptions.defaults());
    }

    /**
     * Runs a stream of pairs and rankings with options of their own in bounded memory.
     *
     * @param inputs pairs to score and documents to rank
     * @param options what differs from the builder's options, or else the archive's
     * @return what becomes of each, in their order; not thread-safe. Its {@code next()} throws {@link TextException}
     *     for one that cannot be run and {@link NullPointerException} for null
     */
    public Iterator<RankingOutput> run(Iterator<RankingInput> inputs, RankingOptions options) {
        return strict(inputs, Function.identity(), options);
    }

    /**
     * Runs a stream of items that have pairs or rankings. What is null has no output, and what cannot be run has
     * a failure; the stream goes on.
     *
     * @param items the items
     * @param input gives what an item carries, or null; called once for an item
     * @param <T> what carries it
     * @return each item with its output, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, RankingOutput>> run(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable RankingInput> input) {
        return run(items, input, RankingOptions.defaults());
    }

    /**
     * Runs a stream of items that have pairs or rankings with options of their own. What is null has no output, and
     * what cannot be run has a failure; the stream goes on.
     *
     * @param items the items
     * @param input gives what an item carries, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> what carries it
     * @return each item with its output, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, RankingOutput>> run(
            Iterator<? extends T> items,
            Function<? super T, ? extends @Nullable RankingInput> input,
            RankingOptions options) {
        return lenient(items, input, options);
    }

    /**
     * Returns how many scores the model gives for a pair.
     *
     * @return the labels that it was trained with; mostly 1
     */
    public int labels() {
        return labels;
    }

    private static @Nullable RankingInput input(@Nullable TextPair pair) {
        return pair == null
                ? null
                : RankingInput.pair(
                        pair.text(),
                        pair.pair().orElseThrow(() -> new IllegalArgumentException("a pair without its second text")));
    }

    private float[] single(float[][] all) {
        checkSingle();
        float[] scores = new float[all.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = all[i][0];
        }
        return scores;
    }

    private void checkSingle() {
        if (labels != 1) {
            throw new IllegalStateException(
                    "expected a model of one score, found one of " + labels + ": scores() has them");
        }
    }
}
