package org.djlift.tooling;

import org.djlift.ModelBuilder;
import org.djlift.TextModel;
import org.djlift.data.Calibration;
import org.djlift.internal.engine.EncodedBatch;
import org.djlift.internal.engine.TaskRunner;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.engine.Window;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** What Python runs of a model of any task: inputs, parameters and outputs are JSON objects, a line each. */
public final class TaskHarness {

    private TaskHarness() {}

    /** Runs inputs; a JSON line for each. */
    public static <I, O> String[] run(TextModel<I, O, ?> model, String[] inputs, String parameters) {
        TaskRunner<I, O> runner = Insides.runner(model);
        return lines(runner, runner.run(runner.read(Arrays.asList(inputs)), runner.parameters(parameters)));
    }

    /**
     * Decodes outputs of the graph that another runtime gave.
     *
     * @param outputs floats by input, window, row and column
     * @return a JSON line for each input
     */
    public static <I, O> String[] decode(
            TextModel<I, O, ?> model, String[] inputs, String parameters, float[] outputs) {
        TaskRunner<I, O> runner = Insides.runner(model);
        return lines(runner, runner.decode(runner.read(Arrays.asList(inputs)), runner.parameters(parameters), outputs));
    }

    /** What went into the model and what came out, in the order given. */
    public static <I, O> Flat trace(
            TextModel<I, O, ?> model, String[] inputs, String parameters, int batch, int padTo) {
        TaskRunner<I, O> runner = Insides.runner(model);
        return new Flat(runner.trace(runner.read(Arrays.asList(inputs)), runner.parameters(parameters), batch, padTo));
    }

    /** The padded tensors of all windows. */
    public static <I, O> EncodedBatch encode(TextModel<I, O, ?> model, String[] inputs, String parameters) {
        TaskRunner<I, O> runner = Insides.runner(model);
        return runner.encode(runner.read(Arrays.asList(inputs)), runner.parameters(parameters));
    }

    /** Finds what is fastest for inputs. */
    public static <I> Calibration calibrate(ModelBuilder<?, I, ?> builder, String[] inputs, Duration time)
            throws IOException {
        return builder.calibrate(TaskRunner.read(Insides.task(builder), Arrays.asList(inputs)), time);
    }

    static <O> String[] lines(TaskRunner<?, O> runner, List<O> outputs) {
        return runner.lines(outputs).toArray(new String[0]);
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
