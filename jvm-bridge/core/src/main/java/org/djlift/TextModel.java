package org.djlift;

import org.djlift.archive.Manifest;
import org.djlift.data.SelfTest;
import org.djlift.data.StageTimes;
import org.djlift.internal.base.Daemons;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.EncodedBatch;
import org.djlift.internal.engine.Loaded;
import org.djlift.internal.engine.MicroBatches;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.OpenGate;
import org.djlift.internal.engine.Pipeline;
import org.djlift.internal.engine.Recorder;
import org.djlift.internal.engine.RepeatedRuns;
import org.djlift.internal.engine.Task;
import org.djlift.internal.engine.TextStream;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.proof.TaskProof;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tokenizer.Encoded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A model of any task but token classification: what their classes have in common.
 *
 * <p>Any number of threads may use a model. Many inputs in one call are faster than many calls: they are sorted by
 * length and share runs. The methods with JSON in their names are what the Python tooling calls; they run what the
 * methods of the task run.
 *
 * @param <I> an input
 * @param <O> what the model gives
 */
public abstract class TextModel<I, O> implements AutoCloseable {

    private final OpenedArchive archive;
    private final Task<I, O> task;
    private final Loaded loaded;
    private final Task.Bound<I, O> bound;
    private final Parameters defaults;
    private final Recorder recorder;
    private final TextStream.Limits limits;
    private final ExecutorService ahead = Daemons.pool("djlift-tokenizer");
    private final OpenGate gate;

    TextModel(TaskBuilder<?, I> builder, OpenedArchive archive, Task<I, O> task) throws IOException {
        this.archive = archive;
        this.task = task;
        this.loaded = new Loaded(builder.settings(), archive, task.name(), task.form());
        try {
            this.defaults = builder.parameters.over(loaded.folder.parameters().only(task.parameters()));
            this.bound = task.bind(loaded.folder, loaded.tokenization);
            bound.codec(defaults);
        } catch (IOException | RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
        this.recorder = new Recorder(loaded.pipeline, loaded.graph);
        this.gate = new OpenGate(toString());
        this.limits = new TextStream.Limits(loaded.settings.lookAhead);
    }

    /** The model's files. */
    final ModelFolder folder() {
        return loaded.folder;
    }

    /** The codec of a call. */
    final Codec<I, O> codec(Parameters parameters) {
        return bound.codec(parameters.over(defaults));
    }

    /** Runs inputs; the first that cannot be run is thrown. */
    final List<O> all(List<? extends I> inputs, Parameters parameters) {
        List<I> given = checked(inputs);
        Codec<I, O> codec = codec(parameters);
        return gate.whileOpen(() -> {
            List<O> found = new ArrayList<>(given.size());
            stream(given.iterator(), Function.<I>identity(), codec, Supplier::get, Outcome::<I, I, O>strict)
                    .forEachRemaining(found::add);
            return found;
        });
    }

    /** A stream of inputs that throws where one cannot be run. */
    final <T> Iterator<O> strict(Iterator<? extends T> items, Function<? super T, ? extends I> input) {
        Objects.requireNonNull(items, "items");
        Codec<I, O> codec = codec(Parameters.none());
        return this.<T, O>stream(items, input, codec, gate, Outcome::strict);
    }

    /** A stream of items that goes on where one cannot be run. */
    final <T> Iterator<Outcome<T, O>> lenient(Iterator<? extends T> items, Function<? super T, ? extends I> input) {
        Objects.requireNonNull(items, "items");
        Objects.requireNonNull(input, "input");
        Codec<I, O> codec = codec(Parameters.none());
        return this.<T, Outcome<T, O>>stream(items, input, codec, gate, Outcome::lenient);
    }

    private <T, R> Iterator<R> stream(
            Iterator<? extends T> items,
            Function<? super T, ? extends I> input,
            Codec<I, O> codec,
            TextStream.Gate open,
            TextStream.Answer<T, I, O, R> answer) {
        return new TextStream<T, I, O, R>(items, input, loaded.pipeline, codec, limits, open, ahead, answer);
    }

    /**
     * Opens a door for one input at a time from many threads, which adds no latency.
     *
     * @return the door; it is open as long as this model
     */
    public LatencyDoor<I, O> latency() {
        return latency(LatencyOptions.defaults());
    }

    /**
     * Opens a door for one input at a time from many threads.
     *
     * @param options how inputs come together; those of one door share runs, so one is enough for all threads
     * @return the door; it is open as long as this model
     */
    public LatencyDoor<I, O> latency(LatencyOptions options) {
        Pipeline pipeline = loaded.pipeline;
        MicroBatches.Limits shared = new MicroBatches.Limits(
                options.maxTexts(),
                options.tokenBudgetOr(pipeline.tokenBudget()),
                pipeline.concurrentRuns(),
                options.maxWait().toNanos());
        return new LatencyDoor<>(new MicroBatches(pipeline, shared, gate), gate, codec(Parameters.none()));
    }

    /**
     * Runs inputs that are JSON.
     *
     * @param inputs JSON objects, as {@code djlift predict} takes them
     * @param parameters a JSON object that wins over the archive's parameters, key by key; null for none
     * @return a JSON object on one line for each input
     * @throws IllegalArgumentException if an input or the parameters are not what the task takes
     * @throws TextException if an input cannot be run
     * @throws IllegalStateException if the model is closed
     */
    public List<String> runJson(List<String> inputs, String parameters) {
        return lines(all(read(inputs), own(parameters)));
    }

    /**
     * Decodes outputs of the graph that came from elsewhere, such as the recorded ones of another runtime.
     *
     * @param inputs JSON objects
     * @param parameters a JSON object; null for none
     * @param outputs floats by input, window, row and column
     * @return a JSON object on one line for each input
     * @throws IllegalArgumentException if there are more or fewer floats than the inputs need
     * @throws IllegalStateException if the model is closed
     */
    public List<String> decodeJson(List<String> inputs, String parameters, float[] outputs) {
        List<I> given = read(inputs);
        Codec<I, O> codec = codec(own(parameters));
        return gate.whileOpen(() -> lines(recorder.decode(given, codec, outputs)));
    }

    /**
     * Runs inputs in the order given and answers what went into the model and what came out.
     *
     * @param inputs JSON objects
     * @param parameters a JSON object; null for none
     * @param batchSize windows that share a run
     * @param padTo tokens to which each run is padded at least, {@link #maxLength()} at most; 0 for the longest only
     * @return a trace for each input
     * @throws IllegalStateException if the model is closed
     */
    public List<Trace> traceJson(List<String> inputs, String parameters, int batchSize, int padTo) {
        List<I> given = read(inputs);
        Codec<I, O> codec = codec(own(parameters));
        return gate.whileOpen(() -> recorder.trace(given, codec, batchSize, padTo));
    }

    /**
     * Tokenizes inputs and pads their windows to the longest.
     *
     * @param inputs JSON objects
     * @param parameters a JSON object; null for none
     * @return the tensors exactly as the model is fed with them, a row a window
     * @throws IllegalStateException if the model is closed
     */
    public EncodedBatch encodeJson(List<String> inputs, String parameters) {
        List<I> given = read(inputs);
        Codec<I, O> codec = codec(own(parameters));
        return gate.whileOpen(() -> recorder.encode(given, codec));
    }

    /**
     * Reads inputs that are run over and over.
     *
     * @param inputs JSON objects
     * @param parameters a JSON object; null for none
     * @return the inputs, ready to be run
     * @throws IllegalArgumentException if an input or the parameters are not what the task takes
     */
    @SuppressWarnings("unchecked")
    public RepeatedRuns repeated(List<String> inputs, String parameters) {
        List<I> given = read(inputs);
        Parameters own = own(parameters);
        Codec<I, O> codec = codec(own);
        int[] lengths = given.stream()
                .mapToInt(input -> codec.encode(input).stream().mapToInt(Encoded::length).sum())
                .toArray();
        return new RepeatedRuns(
                which -> all(Arrays.stream(which).mapToObj(given::get).collect(Collectors.toList()), own),
                found -> lines((List<O>) found),
                lengths);
    }

    /** Compares the golden inputs, as this model runs them, with what PyTorch gave. */
    final SelfTest selfTest() throws IOException {
        return new TaskProof(directory(), manifest(), new TaskProof.Runs() {

            @Override
            public List<Trace> trace(List<String> inputs, String parameters, int batchSize, int padTo) {
                return traceJson(inputs, parameters, batchSize, padTo);
            }

            @Override
            public List<String> outputs(List<String> inputs, String parameters) {
                return runJson(inputs, parameters);
            }

            @Override
            public List<String> decode(List<String> inputs, String parameters, float[] logits) {
                return decodeJson(inputs, parameters, logits);
            }
        }).run();
    }

    private Parameters own(String parameters) {
        return Parameters.parse(parameters).only(task.parameters());
    }

    private List<I> read(List<String> inputs) {
        return read(inputs, task);
    }

    /** Inputs of a task from JSON objects. */
    static <I> List<I> read(List<String> inputs, Task<I, ?> task) {
        List<I> read = new ArrayList<>(inputs.size());
        for (String input : inputs) {
            try {
                read.add(task.input(Parameters.parse(input)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("input " + read.size() + ": " + e.getMessage(), e);
            }
        }
        return read;
    }

    private List<String> lines(List<O> outputs) {
        return outputs.stream().map(task::json).collect(Collectors.toList());
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
     * @return inputs, tokens and times since the model was loaded
     */
    public StageTimes stageTimes() {
        return new StageTimes(loaded.pipeline.stages().sums());
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
        return getClass().getSimpleName() + " " + archive;
    }

    private static <I> List<I> checked(List<? extends I> inputs) {
        List<I> all = new ArrayList<>(inputs);
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) == null) {
                throw new NullPointerException("the input at index " + i + " is null");
            }
        }
        return all;
    }
}
