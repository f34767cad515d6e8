package org.djlift;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.TaskRunner;

import java.util.Objects;

/**
 * A model for servers: one input at a time, from any number of threads. The inputs that come while the model is busy
 * share its next run, so under load it answers more of them, and alone an input is answered as soon as by the model.
 *
 * <pre>{@code
 * TokenClassifier ner = TokenClassifier.load(Path.of("ner-1.0-fp32.zip"));
 * MicroBatcher<String, List<Entity>, EntityOptions> batcher = ner.latency();
 * // on each request's thread:
 * List<Entity> entities = batcher.run(text);
 * }</pre>
 *
 * <p>A call gives what a call of the model gives, and fails as it does; an input that fails takes no other down. It has
 * no threads, and nothing to close: it works while its model is open, whose {@code close()} waits for its calls too. An
 * interrupt ends the wait for other inputs, not the call.
 *
 * @param <I> the input
 * @param <O> the output
 * @param <P> the options of a call
 */
public final class MicroBatcher<I, O, P extends TaskOptions> {

    private final TaskRunner.Shared<I, O> shared;

    MicroBatcher(TaskRunner.Shared<I, O> shared) {
        this.shared = shared;
    }

    /**
     * Runs an input.
     *
     * @param input the input
     * @return what the model gives
     * @throws NullPointerException if the input is null
     * @throws TextException if it cannot be run
     * @throws IllegalStateException if the model is closed
     */
    public O run(I input) {
        return shared.run(input, Parameters.none());
    }

    /**
     * Runs an input with options of its own. Inputs of different options share runs.
     *
     * @param input the input
     * @param options what differs from the builder's options, or else the archive's
     * @return what the model gives
     * @throws IllegalArgumentException if the options are not for this model
     * @throws NullPointerException if the input is null
     * @throws TextException if it cannot be run
     * @throws IllegalStateException if the model is closed
     */
    public O run(I input, P options) {
        return shared.run(input, Objects.requireNonNull(options, "options").parameters);
    }
}
