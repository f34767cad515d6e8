package org.djlift.tooling;

import org.djlift.TextModel;
import org.djlift.internal.engine.EncodedBatch;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.engine.Window;

import java.util.Arrays;
import java.util.List;

/** Internal: the door of the Python tooling for every task but token classification, which has {@link Harness}. */
public final class TaskHarness {

    private TaskHarness() {}

    /** Runs inputs, JSON objects; a JSON line for each. */
    public static String[] run(TextModel<?, ?> model, String[] inputs, String parameters) {
        return model.runJson(Arrays.asList(inputs), parameters).toArray(new String[0]);
    }

    /**
     * Decodes outputs of the graph that another runtime gave.
     *
     * @param outputs floats by input, window, row and column
     * @return a JSON line for each input
     */
    public static String[] decode(TextModel<?, ?> model, String[] inputs, String parameters, float[] outputs) {
        return model.decodeJson(Arrays.asList(inputs), parameters, outputs).toArray(new String[0]);
    }

    /** What went into the model and what came out, in the order given. */
    public static Flat trace(TextModel<?, ?> model, String[] inputs, String parameters, int batch, int padTo) {
        return new Flat(model.traceJson(Arrays.asList(inputs), parameters, batch, padTo));
    }

    /** The padded tensors of all windows. */
    public static EncodedBatch encode(TextModel<?, ?> model, String[] inputs, String parameters) {
        return model.encodeJson(Arrays.asList(inputs), parameters);
    }

    /** The windows of some inputs end to end; {@code logits} are rows x columns of each window. */
    public static final class Flat extends Harness.Flat {

        public final int[] rowsPerWindow;
        public final int[] sequenceIds;
        /** The same for all windows; 0 without windows. */
        public final int columns;

        Flat(List<Trace> traces) {
            super(traces);
            rowsPerWindow = traces.stream()
                    .flatMap(t -> t.windows().stream())
                    .mapToInt(Window::rows)
                    .toArray();
            sequenceIds = traces.stream()
                    .flatMap(t -> t.windows().stream())
                    .flatMapToInt(w -> Arrays.stream(w.sequenceIds()))
                    .toArray();
            columns = traces.stream()
                    .flatMap(t -> t.windows().stream())
                    .mapToInt(Window::labels)
                    .max()
                    .orElse(0);
        }
    }
}
