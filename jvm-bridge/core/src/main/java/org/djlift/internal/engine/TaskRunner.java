package org.djlift.internal.engine;

import org.djlift.archive.Manifest;
import org.djlift.data.StageTimes;
import org.djlift.internal.base.Daemons;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.reader.OpenedArchive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A loaded archive that runs the inputs of its task: what a public model class, the proof and the tooling share.
 * Thread-safe.
 *
 * @param <I> an input
 * @param <O> what the model gives
 */
public final class TaskRunner<I, O> implements AutoCloseable {

    private final String name;
    private final Task<I, O> task;
    private final OpenedArchive archive;
    private final Loaded loaded;
    private final Pipeline pipeline;
    private final Task.Bound<I, O> bound;
    private final Parameters defaults;
    private final Recorder recorder;
    private final TextStream.Limits limits;
    private final TextStream.Answer<I, I, O, O> strict;
    private final ExecutorService ahead;
    private final OpenGate gate;

    /**
     * Loads a model.
     *
     * @param name what messages call it, before the archive
     * @param parameters of calls that name none; key by key they win over the archive's
     * @param strict gives an output, or throws what stands in its way
     * @throws IOException if the archive cannot be used
     */
    public TaskRunner(
            String name,
            Task<I, O> task,
            LoadSettings settings,
            Parameters parameters,
            OpenedArchive archive,
            TextStream.Answer<I, I, O, O> strict)
            throws IOException {
        this.name = name;
        this.task = task;
        this.archive = archive;
        this.strict = strict;
        this.ahead = Daemons.pool("djlift-tokenizer");
        this.loaded = new Loaded(settings, archive, task.name(), task.form());
        try {
            this.defaults = parameters.over(loaded.folder.parameters().only(task.parameters()));
            this.bound = task.bind(loaded.folder, loaded.tokenization);
            bound.codec(defaults);
        } catch (IOException | RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
        this.pipeline = loaded.pipeline;
        this.recorder = new Recorder(pipeline, loaded.graph);
        this.gate = new OpenGate(toString());
        this.limits = new TextStream.Limits(loaded.settings.lookAhead);
    }

    /** The same model with other parameters, and no limit of the characters of an input. */
    private TaskRunner(TaskRunner<I, O> other, Parameters defaults) {
        this.name = other.name;
        this.task = other.task;
        this.archive = other.archive;
        this.loaded = other.loaded;
        this.pipeline = other.pipeline.withoutLimit();
        this.bound = other.bound;
        this.defaults = defaults;
        this.recorder = other.recorder;
        this.limits = other.limits;
        this.strict = other.strict;
        this.ahead = other.ahead;
        this.gate = other.gate;
    }

    /**
     * The same model as its archive has it, whatever it was loaded with: calls that name no parameters have the
     * archive's, and inputs may have any length.
     */
    public TaskRunner<I, O> asPacked() throws IOException {
        return new TaskRunner<>(this, loaded.folder.parameters());
    }

    /** Runs inputs; the first that cannot be run is thrown. */
    public List<O> run(List<? extends I> inputs, Parameters parameters) {
        return run(pipeline, inputs, codec(parameters));
    }

    private List<O> run(Pipeline through, List<? extends I> inputs, Codec<I, O> codec) {
        List<I> given = checked(inputs);
        return gate.whileOpen(() -> {
            List<O> found = new ArrayList<>(given.size());
            stream(through, given.iterator(), Function.<I>identity(), codec, Supplier::get, strict)
                    .forEachRemaining(found::add);
            return found;
        });
    }

    /** Runs a stream of items, in its order and in bounded memory. */
    public <T, R> Iterator<R> stream(
            Iterator<? extends T> items,
            Function<? super T, ? extends I> input,
            Parameters parameters,
            TextStream.Answer<T, I, O, R> answer) {
        Objects.requireNonNull(items, "items");
        Objects.requireNonNull(input, "input");
        return stream(pipeline, items, input, codec(parameters), gate, answer);
    }

    private <T, R> Iterator<R> stream(
            Pipeline through,
            Iterator<? extends T> items,
            Function<? super T, ? extends I> input,
            Codec<I, O> codec,
            TextStream.Gate open,
            TextStream.Answer<T, I, O, R> answer) {
        return new TextStream<T, I, O, R>(items, input, through, codec, limits, open, ahead, answer);
    }

    /**
     * Makes what lets inputs of many threads share runs.
     *
     * @param texts most inputs of a run
     * @param tokens most tokens of a run, padding included; 0 for the token budget of this model
     * @param nanos how long an input waits for others, at most
     * @return a function from an input and the parameters of its call to its output
     */
    public Shared<I, O> shared(int texts, int tokens, long nanos) {
        int budget = tokens == 0 ? pipeline.tokenBudget() : tokens;
        MicroBatches batches = new MicroBatches(
                pipeline, new MicroBatches.Limits(texts, budget, pipeline.concurrentRuns(), nanos), gate);
        Codec<I, O> usual = codec(Parameters.none());
        return (input, parameters) -> gate.whileOpen(() -> {
            Codec<I, O> codec = parameters.names().isEmpty() ? usual : codec(parameters);
            return batches.run(input, codec, strict);
        });
    }

    /** Runs an input together with those of other threads. */
    public interface Shared<I, O> {

        O run(I input, Parameters parameters);
    }

    /** Reads inputs from JSON objects. */
    public List<I> read(List<String> lines) {
        return read(task, lines);
    }

    /** Reads inputs of a task from JSON objects. */
    public static <I> List<I> read(Task<I, ?> task, List<String> lines) {
        List<I> read = new ArrayList<>(lines.size());
        for (String line : lines) {
            try {
                read.add(task.input(Parameters.parse(line)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("input " + read.size() + ": " + e.getMessage(), e);
            }
        }
        return read;
    }

    /** Reads the parameters of a call from a JSON object; null for none. */
    public Parameters parameters(String json) {
        return Parameters.parse(json).only(task.parameters());
    }

    /** Writes outputs as JSON objects, a line each. */
    public List<String> lines(List<O> outputs) {
        return outputs.stream().map(task::json).collect(Collectors.toList());
    }

    /**
     * Decodes outputs of the graph that came from elsewhere, such as the recorded ones of another runtime.
     *
     * @param outputs floats by input, window, row and column
     * @throws IllegalArgumentException if there are more or fewer floats than the inputs need
     */
    public List<O> decode(List<I> inputs, Parameters parameters, float[] outputs) {
        List<I> given = checked(inputs);
        return gate.whileOpen(() -> recorder.decode(given, codec(parameters), outputs));
    }

    /**
     * Runs inputs in the order given and returns what went into the model and what came out.
     *
     * @param batchSize windows that share a run
     * @param padTo tokens to which each run is padded at least, {@link #maxLength()} at most; 0 for the longest only
     */
    public List<Trace> trace(List<I> inputs, Parameters parameters, int batchSize, int padTo) {
        List<I> given = checked(inputs);
        return gate.whileOpen(() -> recorder.trace(given, codec(parameters), batchSize, padTo));
    }

    /** Runs inputs as {@link #run} does, and gives what went into these runs and what came out. */
    public List<O> traced(List<I> inputs, Parameters parameters, Consumer<Trace> traces) {
        Codec<I, O> codec = codec(parameters);
        return run(recorder.watched(codec, traces), inputs, codec);
    }

    /** Tokenizes inputs and pads their windows to the longest: the tensors that the model is fed with. */
    public EncodedBatch encode(List<I> inputs, Parameters parameters) {
        List<I> given = checked(inputs);
        return gate.whileOpen(() -> recorder.encode(given, codec(parameters)));
    }

    /** The tokens of each input over all its windows, special tokens included. */
    public int[] lengths(List<I> inputs, Parameters parameters) {
        Codec<I, O> codec = codec(parameters);
        return inputs.stream()
                .mapToInt(input -> codec.encode(input).stream()
                        .mapToInt(window -> window.length())
                        .sum())
                .toArray();
    }

    private Codec<I, O> codec(Parameters parameters) {
        return bound.codec(parameters.over(defaults));
    }

    /** The parameters of calls that name none. */
    public Parameters defaults() {
        return defaults;
    }

    /** The files of the archive, read. */
    public ModelFolder folder() {
        return loaded.folder;
    }

    /** Most tokens of a window, special tokens included; {@code Integer.MAX_VALUE} without a limit. */
    public int maxLength() {
        return loaded.tokenization.maxLength();
    }

    public Manifest manifest() {
        return archive.manifest();
    }

    public OpenedArchive archive() {
        return archive;
    }

    public StageTimes stageTimes() {
        return new StageTimes(pipeline.stages().sums());
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
        return name + " " + archive;
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
