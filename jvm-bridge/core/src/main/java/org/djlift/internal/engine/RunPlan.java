package org.djlift.internal.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Which windows share a run of the model. Padding is what costs, so windows of like length go together. */
public final class RunPlan {

    private RunPlan() {}

    /**
     * Cuts windows, the longest first, into runs.
     *
     * @param lengths tokens of each window; those without tokens are in no run
     * @param tokenBudget most tokens of a run, padding included; a longer window has a run of its own
     * @return the windows of each run, by index
     */
    public static List<int[]> byLength(int[] lengths, int tokenBudget) {
        int[] order = longestFirst(lengths);
        List<int[]> runs = new ArrayList<>();
        int first = 0;
        while (first < order.length && lengths[order[first]] > 0) {
            int width = lengths[order[first]];
            int last = first + 1;
            while (last < order.length
                    && lengths[order[last]] > 0
                    && (last - first + 1) * (long) width <= tokenBudget) {
                last++;
            }
            runs.add(Arrays.copyOfRange(order, first, last));
            first = last;
        }
        return runs;
    }

    /** The indexes by falling length; equals keep their order, so the same texts always make the same runs. */
    private static int[] longestFirst(int[] lengths) {
        long[] keys = new long[lengths.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = (long) -lengths[i] << Integer.SIZE | i;
        }
        Arrays.sort(keys);
        int[] order = new int[keys.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = (int) keys[i];
        }
        return order;
    }

    /** Windows in the order given, a fixed number to a run. */
    public static List<int[]> inOrder(int[] lengths, int batchSize) {
        int[] kept =
                IntStream.range(0, lengths.length).filter(i -> lengths[i] > 0).toArray();
        List<int[]> runs = new ArrayList<>();
        for (int first = 0; first < kept.length; first += batchSize) {
            runs.add(Arrays.copyOfRange(kept, first, Math.min(kept.length, first + batchSize)));
        }
        return runs;
    }
}
