package org.djlift;

import org.djlift.archive.Manifest;
import org.djlift.data.SelfTest;
import org.djlift.data.StageTimes;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Task;
import org.djlift.internal.engine.TaskRunner;
import org.djlift.internal.proof.Proof;
import org.djlift.internal.reader.OpenedArchive;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * A model of a task: what the classes of all tasks have in common.
 *
 * <p>Any number of threads may use a model. Many inputs in one call are faster than many calls: they are sorted by
 * length and share runs of the model. Surrogates without a partner, which no tokenizer can take, count as U+FFFD.
 *
 * @param <I> an input
 * @param <O> what the model gives
 * @param <P> what a call may do otherwise than the archive says
 */
public abstract class TextModel<I, O, P extends TaskOptions> implements AutoCloseable {

    final TaskRunner<I, O> runner;

    TextModel(ModelBuilder<?, I, P> builder, OpenedArchive archive, Task<I, O> task) throws IOException {
        this.runner = new TaskRunner<>(
                getClass().getSimpleName(), task, builder.settings(), builder.parameters(), archive, Outcome::strict);
    }

    private static Parameters parameters(TaskOptions options) {
        return Objects.requireNonNull(options, "options").parameters;
    }

    /** Runs inputs; the first that cannot be run is thrown. */
    final List<O> all(List<? extends I> inputs, P options) {
        return runner.run(inputs, parameters(options));
    }

    /** A stream of inputs that throws where one cannot be run. */
    final <T> Iterator<O> strict(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable I> input, P options) {
        return runner.<T, O>stream(items, input, parameters(options), Outcome::strict);
    }

    /** A stream of items that goes on where one cannot be run. */
    final <T> Iterator<Outcome<T, O>> lenient(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable I> input, P options) {
        return runner.<T, Outcome<T, O>>stream(items, input, parameters(options), Outcome::lenient);
    }

    /**
     * Lets the inputs of many threads share runs, without adding latency.
     *
     * @return what takes one input at a time; it works while this model is open
     */
    public MicroBatcher<I, O, P> latency() {
        return latency(LatencyOptions.defaults());
    }

    /**
     * Lets the inputs of many threads share runs.
     *
     * @param options how inputs come together
     * @return what takes one input at a time; it works while this model is open, and one is enough for all threads
     */
    public MicroBatcher<I, O, P> latency(LatencyOptions options) {
        return new MicroBatcher<>(runner.shared(
                options.maxTexts(), options.tokenBudget(), options.maxWait().toNanos()));
    }

    /** Compares the golden cases, as this model runs them, with what PyTorch gave. */
    final SelfTest selfTest() throws IOException {
        return Proof.of(runner);
    }

    /**
     * Returns the limit of the model.
     *
     * @return most tokens of a window, special tokens included; {@code Integer.MAX_VALUE} without a limit
     */
    public int maxLength() {
        return runner.maxLength();
    }

    /**
     * Returns what the archive says about itself.
     *
     * @return the manifest
     */
    public Manifest manifest() {
        return runner.manifest();
    }

    /**
     * Returns what was done so far.
     *
     * @return inputs, tokens and times since the model was loaded
     */
    public StageTimes stageTimes() {
        return runner.stageTimes();
    }

    /**
     * Returns the folder with the files of the archive.
     *
     * @return the folder; it goes with {@link #close()} if the archive is a zip
     */
    public Path directory() {
        return runner.archive().directory();
    }

    /** Waits for the calls under way, then frees the model; later calls fail. */
    @Override
    public void close() {
        runner.close();
    }

    @Override
    public String toString() {
        return runner.toString();
    }
}
