package org.djlift.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Inputs of a model that are read once and run over and over: what {@code djlift bench} times. For one thread; open as
 * long as its model.
 */
public final class RepeatedRuns {

    private final Function<int[], List<?>> runs;
    private final Function<List<?>, List<String>> lines;
    private final int[] lengths;
    private List<?> found = new ArrayList<>();

    public RepeatedRuns(Function<int[], List<?>> runs, Function<List<?>, List<String>> lines, int[] lengths) {
        this.runs = runs;
        this.lines = lines;
        this.lengths = lengths;
    }

    /**
     * Returns how long the inputs are.
     *
     * @return tokens of each input over all its windows, special tokens included
     */
    public int[] lengths() {
        return lengths.clone();
    }

    /**
     * Runs many inputs in one call.
     *
     * @param which numbers of the inputs, in the order to run them
     * @param batch without meaning: the model finds its own batches
     * @return nanoseconds
     */
    public long run(int[] which, int batch) {
        long start = System.nanoTime();
        found = runs.apply(which);
        return System.nanoTime() - start;
    }

    /**
     * Runs inputs one at a time.
     *
     * @param which numbers of the inputs
     * @return nanoseconds of each
     */
    public long[] alone(int[] which) {
        long[] times = new long[which.length];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            runs.apply(new int[] {which[i]});
            times[i] = System.nanoTime() - start;
        }
        return times;
    }

    /**
     * Returns what the last {@link #run} found.
     *
     * @return a JSON object on one line for each input
     */
    public List<String> answers() {
        return lines.apply(found);
    }
}
