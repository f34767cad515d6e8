package org.djlift.tooling;

import org.djlift.TextModel;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.TaskRunner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * djlift's own side of {@code djlift bench}; the model stays its owner's.
 *
 * @param <I> an input
 * @param <O> what the model gives
 */
public final class DjliftBench<I, O> implements BenchSide {

    private final TaskRunner<I, O> runner;
    private final Parameters parameters;
    private final List<I> inputs;
    private List<O> found = List.of();

    private DjliftBench(TaskRunner<I, O> runner, List<I> inputs, String parameters) {
        this.runner = runner;
        this.inputs = inputs;
        this.parameters = runner.parameters(parameters);
    }

    /**
     * Reads inputs that are run over and over.
     *
     * @param inputs all inputs that will be run, JSON objects
     * @param parameters a JSON object
     */
    public static <I, O> DjliftBench<I, O> of(TextModel<I, O, ?> model, String[] inputs, String parameters) {
        TaskRunner<I, O> runner = Insides.runner(model);
        return new DjliftBench<>(runner, runner.read(Arrays.asList(inputs)), parameters);
    }

    /**
     * Takes texts that are run over and over.
     *
     * @param texts all texts that will be run
     * @param parameters a JSON object
     */
    public static <O> DjliftBench<String, O> ofTexts(TextModel<String, O, ?> model, String[] texts, String parameters) {
        return new DjliftBench<>(Insides.runner(model), Arrays.asList(texts), parameters);
    }

    /** Tokens of each input as the model takes it: special tokens counted, what is cut off not. */
    public int[] lengths() {
        return runner.lengths(inputs, parameters);
    }

    @Override
    public long run(int[] which, int batch) {
        List<I> chosen = chosen(inputs, which);
        long start = System.nanoTime();
        found = runner.run(chosen, parameters);
        return System.nanoTime() - start;
    }

    @Override
    public long[] alone(int[] which) {
        long[] times = new long[which.length];
        for (int i = 0; i < times.length; i++) {
            List<I> one = List.of(inputs.get(which[i]));
            long start = System.nanoTime();
            runner.run(one, parameters);
            times[i] = System.nanoTime() - start;
        }
        return times;
    }

    @Override
    public String[] answers() {
        return TaskHarness.lines(runner, found);
    }

    /** Does nothing. */
    @Override
    public void close() {}

    static <I> List<I> chosen(List<I> inputs, int[] which) {
        List<I> chosen = new ArrayList<>(which.length);
        for (int i : which) {
            chosen.add(inputs.get(i));
        }
        return chosen;
    }
}
