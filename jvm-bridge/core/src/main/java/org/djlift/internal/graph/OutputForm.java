package org.djlift.internal.graph;

import org.djlift.internal.tokenizer.Encoded;

import java.util.List;

/** What a task's graph gives for a batch. */
public enum OutputForm {
    /** One output, batch x tokens x columns. */
    TOKENS(3),
    /** One output, batch x columns. */
    ROW(2),
    /** Two outputs, start_logits and end_logits, batch x tokens: two columns. */
    SPANS(2);

    private static final List<String> STARTS_AND_ENDS = List.of("start_logits", "end_logits");

    final int rank;

    OutputForm(int rank) {
        this.rank = rank;
    }

    /** Which of a run's outputs are read, by their names. */
    public int[] outputs(List<String> names) {
        if (this != SPANS) {
            return new int[] {GraphInputs.output(names)};
        }
        int[] found = STARTS_AND_ENDS.stream().mapToInt(names::indexOf).toArray();
        if (found[0] < 0 || found[1] < 0) {
            throw new IllegalStateException("model.onnx gives " + names + ", expected " + STARTS_AND_ENDS);
        }
        return found;
    }

    /** Rows of a window's output. */
    public int rows(Encoded window) {
        if (this == ROW) {
            return window.length() == 0 ? 0 : 1;
        }
        return window.wanted() == null ? window.length() : window.wanted().length;
    }
}
