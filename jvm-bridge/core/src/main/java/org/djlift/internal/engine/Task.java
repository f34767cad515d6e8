package org.djlift.internal.engine;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.util.Set;

/**
 * A task: all that differs between it and the others. Has no state.
 *
 * @param <I> an input
 * @param <O> an output
 */
public interface Task<I, O> {

    /** What manifest.task says, such as {@code text-classification}. */
    String name();

    /** What its graph gives for a window. */
    OutputForm form();

    /** The names of its parameters. */
    Set<String> parameters();

    /** An input from what stands in JSON. */
    I input(Parameters json);

    /** An output as JSON, on one line. */
    String json(O output);

    /** Reads what it needs of a model's files, once. */
    Bound<I, O> bind(ModelFolder folder, Tokenization tokenization) throws IOException;

    /** A task on a model's files. Thread-safe. */
    interface Bound<I, O> {

        /**
         * The codec of a call.
         *
         * @param parameters those of the call over the archive's
         * @throws IllegalArgumentException if one has a value that it cannot have
         */
        Codec<I, O> codec(Parameters parameters);
    }
}
