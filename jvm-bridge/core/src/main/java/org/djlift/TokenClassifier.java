package org.djlift;

import org.djlift.archive.Manifest;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.data.SelfTest;
import org.djlift.data.StageTimes;
import org.djlift.internal.base.Daemons;
import org.djlift.internal.engine.EncodedBatch;
import org.djlift.internal.engine.Loaded;
import org.djlift.internal.engine.MicroBatches;
import org.djlift.internal.engine.OpenGate;
import org.djlift.internal.engine.Pipeline;
import org.djlift.internal.engine.Recorder;
import org.djlift.internal.engine.TextStream;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.proof.EntityProof;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.Applications;
import org.djlift.internal.tasks.EntityCodec;
import org.djlift.internal.tasks.EntityDecoder;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

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
 * <p>Any number of threads may use a classifier. Many texts in one call are faster than many calls: they are sorted by
 * length and share runs of the model. Surrogates without a partner, which no tokenizer can take, count as U+FFFD.
 */
public final class TokenClassifier implements AutoCloseable {

    static final String TASK = Applications.TOKEN_CLASSIFICATION;

    private final OpenedArchive archive;
    private final Loaded loaded;
    private final Pipeline pipeline;
    private final Recorder recorder;
    private final TextStream.Limits limits;
    private final ExecutorService ahead = Daemons.pool("djlift-tokenizer");
    private final EntityDecoder decoder;
    private final AggregationStrategy strategy;
    private final int stride;
    private final OpenGate gate;

    TokenClassifier(TokenClassifierBuilder builder, OpenedArchive archive) throws IOException {
        this.archive = archive;
        this.stride = builder.stride;
        if (builder.strategy != null) {
            EntityCodec.checkTogether(builder.strategy, stride);
        }
        this.loaded = new Loaded(builder.settings(), archive, TASK, OutputForm.TOKENS);
        try {
            this.strategy = builder.strategy == null ? loaded.folder.strategy() : builder.strategy;
            EntityCodec.checkTogether(strategy, stride);
            EntityDecoder own = EntityDecoder.of(loaded.folder, loaded.tokenization);
            this.decoder = builder.ignored == null ? own : own.ignoring(builder.ignored);
        } catch (IOException | RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
        this.pipeline = loaded.pipeline;
        this.recorder = new Recorder(pipeline, loaded.graph);
        this.gate = new OpenGate(toString());
        this.limits = new TextStream.Limits(loaded.settings.lookAhead);
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
     * Loads a classifier with the settings of its archive, by its path or from a zoo.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link org.djlift.zoo.ZooCoordinates} has it
     * @return the classifier; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
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
    public static TokenClassifierBuilder builder(Path path) {
        return new TokenClassifierBuilder(path);
    }

    /**
     * Starts a classifier of an archive by its path or from a zoo.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static TokenClassifierBuilder builder(String location) {
        return new TokenClassifierBuilder(location);
    }

    /**
     * Classifies a text.
     *
     * @param text the text
     * @return its entities, in the order of the text
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Entity> classify(String text) {
        return classify(text, strategy);
    }

    /**
     * Classifies a text with another strategy.
     *
     * @param text the text
     * @param strategy how predictions for tokens become entities
     * @return its entities, in the order of the text
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Entity> classify(String text, AggregationStrategy strategy) {
        return classify(text, strategy, stride);
    }

    /**
     * Classifies a text with another strategy and stride.
     *
     * @param text the text
     * @param strategy how predictions for tokens become entities
     * @param stride tokens that overlap between the windows of a long text; negative: no windows, the text is cut
     * @return its entities, in the order of the text
     * @throws IllegalArgumentException if the stride leaves no room for text, or the strategy is {@code NONE} with one
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Entity> classify(String text, AggregationStrategy strategy, int stride) {
        return classify(Collections.singletonList(text), strategy, stride).get(0);
    }

    /**
     * Classifies texts.
     *
     * @param texts the texts
     * @return the entities of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<Entity>> classify(List<String> texts) {
        return classify(texts, strategy);
    }

    /**
     * Classifies texts with another strategy.
     *
     * @param texts the texts
     * @param strategy how predictions for tokens become entities
     * @return the entities of each text, in the order of the texts
     * @throws NullPointerException if a text is null; the message names its index
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<Entity>> classify(List<String> texts, AggregationStrategy strategy) {
        return classify(texts, strategy, stride);
    }

    /**
     * Classifies texts with another strategy and stride.
     *
     * @param texts the texts
     * @param strategy how predictions for tokens become entities
     * @param stride tokens that overlap between the windows of a long text; negative: no windows, the text is cut
     * @return the entities of each text, in the order of the texts
     * @throws IllegalArgumentException if the stride leaves no room for text, or the strategy is {@code NONE} with one
     * @throws NullPointerException if a text is null; the message names its index
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<Entity>> classify(List<String> texts, AggregationStrategy strategy, int stride) {
        return classify(pipeline, texts, strategy, stride);
    }

    private List<List<Entity>> classify(
            Pipeline through, List<String> texts, AggregationStrategy strategy, int stride) {
        List<String> all = Answers.checked(texts);
        Objects.requireNonNull(strategy, "strategy");
        return gate.whileOpen(() -> {
            EntityCodec codec = codec(strategy, stride);
            codec.checked();
            List<List<Entity>> found = new ArrayList<>(all.size());
            new TextStream<String, String, List<Entity>, List<Entity>>(
                            all.iterator(), Function.identity(), through, codec, limits, Supplier::get, ahead,
                            Answers::strict)
                    .forEachRemaining(found::add);
            return found;
        });
    }

    /**
     * Opens a door for one text at a time from many threads, which adds no latency.
     *
     * @return the door; it is open as long as this classifier
     */
    public MicroBatcher latency() {
        return latency(LatencyOptions.defaults());
    }

    /**
     * Opens a door for one text at a time from many threads.
     *
     * @param options how texts come together; those of one door share runs, so one is enough for all threads
     * @return the door; it is open as long as this classifier
     */
    public MicroBatcher latency(LatencyOptions options) {
        MicroBatches.Limits shared = new MicroBatches.Limits(
                options.maxTexts(),
                options.tokenBudgetOr(pipeline.tokenBudget()),
                pipeline.concurrentRuns(),
                options.maxWait().toNanos());
        return new MicroBatcher(new MicroBatches(pipeline, shared, gate), gate, this, strategy);
    }

    /**
     * Runs texts in the order given and answers what went into the model and what came out: what a parity check
     * compares.
     *
     * @param texts the texts
     * @param stride tokens that overlap between windows; negative: one window per text, cut at {@link #maxLength()}
     * @param batchSize windows that share a run
     * @param padTo tokens to which each run is padded at least, {@link #maxLength()} at most; 0 for the longest only
     * @return a trace for each text
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Trace> trace(List<String> texts, int stride, int batchSize, int padTo) {
        List<String> all = Answers.checked(texts);
        return gate.whileOpen(() -> recorder.trace(all, codec(strategy, stride), batchSize, padTo));
    }

    /**
     * Classifies texts as {@link #classify(List, AggregationStrategy, int)} does, through the same runs of the model,
     * and answers what went into these runs and what came out.
     *
     * @param texts the texts
     * @param strategy how tokens become entities
     * @param stride tokens that overlap between windows; negative: one window per text, cut at {@link #maxLength()}
     * @param entities is given the entities of each text, in the order of the texts
     * @return a trace for each text
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Trace> trace(
            List<String> texts, AggregationStrategy strategy, int stride, Consumer<? super List<Entity>> entities) {
        List<Trace> traces = new ArrayList<>(texts.size());
        classify(recorder.watched(codec(strategy, stride), traces::add), texts, strategy, stride)
                .forEach(entities);
        return traces;
    }

    /**
     * Tokenizes texts, one window each, and pads them to the longest.
     *
     * @param texts the texts
     * @return the tensors exactly as the model is fed with them
     * @throws IllegalStateException if the classifier is closed
     */
    public EncodedBatch encode(List<String> texts) {
        List<String> all = Answers.checked(texts);
        return gate.whileOpen(() -> recorder.encode(all, codec(strategy, Tokenization.NO_STRIDE)));
    }

    /**
     * Returns the labels.
     *
     * @return the labels in the order of the logits, unmodifiable
     */
    public List<String> labels() {
        return decoder.labels();
    }

    /** Compares the golden texts, as this classifier runs them, with what PyTorch gave. */
    SelfTest selfTest() throws IOException {
        return new EntityProof(directory(), manifest(), new EntityProof.Runs() {

            @Override
            public List<Trace> trace(List<String> texts, int stride, int batchSize, int padTo) {
                return TokenClassifier.this.trace(texts, stride, batchSize, padTo);
            }

            @Override
            public List<List<Entity>> entities(List<String> texts, AggregationStrategy strategy, int stride) {
                return TokenClassifier.this.classify(texts, strategy, stride);
            }

            @Override
            public List<List<Entity>> decode(
                    List<String> texts, AggregationStrategy strategy, int stride, float[] logits) {
                return TokenClassifier.this.decode(texts, strategy, stride, logits);
            }
        }).run();
    }

    /**
     * Returns the limit of the model.
     *
     * @return most tokens of a window, special tokens included; {@code Integer.MAX_VALUE} without a limit
     */
    public int maxLength() {
        return loaded.tokenization.maxLength();
    }

    /**
     * Returns the strategy of calls that name none.
     *
     * @return the strategy
     */
    public AggregationStrategy aggregationStrategy() {
        return strategy;
    }

    /**
     * Returns what the archive says about itself.
     *
     * @return the manifest
     */
    public Manifest manifest() {
        return archive.manifest();
    }

    /**
     * Returns what was done so far.
     *
     * @return texts, tokens and times since the classifier was loaded
     */
    public StageTimes stageTimes() {
        return new StageTimes(pipeline.stages().sums());
    }

    /**
     * Returns the folder with the files of the archive.
     *
     * @return the folder; it goes with {@link #close()} if the archive is a zip
     */
    public Path directory() {
        return archive.directory();
    }

    /** Waits for the calls under way, then frees the model; later calls fail. */
    @Override
    public void close() {
        gate.close(() -> {
            ahead.shutdown();
            loaded.close();
            archive.close();
        });
    }

    @Override
    public String toString() {
        return "TokenClassifier " + archive;
    }

    /**
     * Decodes logits that came from elsewhere, such as the recorded logits of another runtime.
     *
     * @param texts the texts
     * @param strategy how predictions for tokens become entities
     * @param stride tokens that overlap between windows; negative: one window per text
     * @param logits logits by text, window, token (special tokens included, padding not) and label
     * @return the entities of each text, in the order of the texts
     * @throws IllegalArgumentException if there are more or fewer logits than the texts have tokens
     * @throws IllegalStateException if the classifier is closed
     */
    public List<List<Entity>> decode(List<String> texts, AggregationStrategy strategy, int stride, float[] logits) {
        List<String> all = Answers.checked(texts);
        return gate.whileOpen(() -> {
            EntityCodec.checkTogether(strategy, stride);
            return recorder.decode(all, codec(strategy, stride), logits);
        });
    }

    /**
     * Classifies a stream of texts, in its order. Texts of like length share runs of the model, equal texts are run
     * once, and the next texts are tokenized while these are run.
     *
     * <p>At most twice {@link TokenClassifierBuilder#lookAhead} texts are in memory. The texts are taken on the thread
     * that asks for results, never further ahead than that; what the source throws comes after the results of the texts
     * before it.
     *
     * @param texts the texts
     * @return the entities of each text, in the order of the texts; not thread-safe. Its {@code next()} throws
     *     {@link TextException} for a text that cannot be classified, {@link NullPointerException} for null and
     *     {@link IllegalStateException} once the classifier is closed
     */
    public Iterator<List<Entity>> classify(Iterator<String> texts) {
        Objects.requireNonNull(texts, "texts");
        return stream(texts, Function.identity(), strategy, stride, gate, Answers::strict);
    }

    /**
     * Classifies a stream of items that carry texts, as {@link #classify(Iterator)} does. A text that is null has null
     * for entities, and one that cannot be classified has a failure; the stream goes on.
     *
     * @param items the items
     * @param text gives the text of an item, or null; called once for an item
     * @param <T> what carries a text
     * @return each item with what was found, in the order of the items; not thread-safe
     */
    public <T> Iterator<Classified<T>> classify(Iterator<? extends T> items, Function<? super T, String> text) {
        Objects.requireNonNull(items, "items");
        Objects.requireNonNull(text, "text");
        return stream(items, text, strategy, stride, gate, Answers::lenient);
    }

    private <T, R> Iterator<R> stream(
            Iterator<? extends T> items,
            Function<? super T, String> text,
            AggregationStrategy strategy,
            int stride,
            TextStream.Gate gate,
            TextStream.Answer<T, String, List<Entity>, R> answer) {
        return new TextStream<>(items, text, pipeline, codec(strategy, stride), limits, gate, ahead, answer);
    }

    EntityCodec codec(AggregationStrategy chosen) {
        return codec(chosen, stride);
    }

    private EntityCodec codec(AggregationStrategy chosen, int overlap) {
        return new EntityCodec(loaded.tokenization, decoder, chosen, overlap);
    }
}
