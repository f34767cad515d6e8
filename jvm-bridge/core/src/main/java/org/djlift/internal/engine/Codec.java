package org.djlift.internal.engine;

import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Encoded;

import java.util.List;

/**
 * What a task does before and after the model: an input to windows of tokens, and the outputs of the graph for them to
 * an output. Bound to the parameters of a call. Thread-safe.
 *
 * @param <I> an input, with {@code equals}: equal ones are run once
 * @param <O> an output
 */
public interface Codec<I, O> {

    /** The windows of an input. What it throws is the failure of that input. */
    List<Encoded> encode(I input);

    /** What the graph gives for a window. */
    OutputForm form();

    /** Columns of the graph's output; -1 where only the graph knows. */
    int columns();

    /** Numbers that the graph gives for each token, a vocabulary of them, say; 0 where they are few. */
    default int wide() {
        return 0;
    }

    /**
     * The tokens of a window whose rows of the output decoding needs, rising; null for all. The window's {@link Logits}
     * then have these rows only, in this order. Asked only where the graph gives a row for each token.
     */
    default int[] rows(I input, Encoded window) {
        return null;
    }

    /**
     * An output from the graph's outputs for the windows.
     *
     * @param outputs one for each window, null for a window without tokens
     */
    O decode(I input, List<Encoded> windows, List<Logits> outputs);

    /** How much an input is: UTF-16 units. */
    long size(I input);

    /** An output of its own for an equal input. */
    O copy(O output);

    /** The windows of an input, each with the rows that are wanted of it. */
    default List<Encoded> windows(I input) {
        List<Encoded> windows = encode(input);
        if (form() == OutputForm.ROW) {
            return windows;
        }
        for (int i = 0; i < windows.size(); i++) {
            int[] rows = rows(input, windows.get(i));
            if (rows != null) {
                windows = Encoded.replaced(windows, i, windows.get(i).wanting(rows, wide()));
            }
        }
        return windows;
    }
}
