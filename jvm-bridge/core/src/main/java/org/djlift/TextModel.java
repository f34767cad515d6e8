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
 * The base class of the models of all tasks.
 *
 * <p>Any number of threads may use a model. Many inputs in one call are faster than many calls: they are sorted by
 * length and share runs of the model. Surrogates without a partner, which no tokenizer can take, count as U+FFFD.
 *
 * @param <I> the input
 * @param <O> the output
 * @param <P> the options of a call
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
     * Returns a batcher that takes one input at a time from many threads. Inputs that arrive while the model is busy
     * share its next run; none waits longer than that.
     *
     * @return the batcher; it works while this model is open, and one serves all threads
     */
    public MicroBatcher<I, O, P> latency() {
        return latency(LatencyOptions.defaults());
    }

    /**
     * Returns a batcher that takes one input at a time from many threads, and runs inputs together as the options say.
     *
     * @param options how long an input waits for others, and how many share a run
     * @return the batcher; it works while this model is open, and one serves all threads
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
     * Returns how many tokens the model reads at most. A longer text is cut there, unless its options split it into
     * windows: {@link EntityOptions#stride}, {@link AnswerOptions#windowLength}.
     *
     * @return most tokens of a text or window, special tokens included; {@code Integer.MAX_VALUE} without a limit
     */
    public int maxLength() {
        return runner.maxLength();
    }

    /**
     * Returns the manifest of the archive: its name, version, task, precision and files.
     *
     * @return the manifest
     */
    public Manifest manifest() {
        return runner.manifest();
    }

    /**
     * Returns how many inputs and tokens were run, and how long each stage took.
     *
     * @return counts and times since the model was loaded, the texts of its self-test included
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
