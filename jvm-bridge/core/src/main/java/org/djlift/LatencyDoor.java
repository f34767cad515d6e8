package org.djlift;

import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.MicroBatches;
import org.djlift.internal.engine.OpenGate;

/**
 * A model for servers: one input at a time, from any number of threads. The inputs that come while the model is busy
 * share its next run; see {@link MicroBatcher}, which is the same for token classification.
 *
 * <p>It has no threads, and nothing to close: it works while its model is open.
 *
 * @param <I> an input
 * @param <O> what the model gives
 */
public final class LatencyDoor<I, O> {

    private final MicroBatches batches;
    private final OpenGate gate;
    private final Codec<I, O> codec;

    LatencyDoor(MicroBatches batches, OpenGate gate, Codec<I, O> codec) {
        this.batches = batches;
        this.gate = gate;
        this.codec = codec;
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
        return gate.whileOpen(() -> batches.run(input, codec, Outcome::strict));
    }
}
