package org.djlift.internal.engine;

import org.djlift.internal.tokenizer.Encoded;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times a model's runs over the same tokens with one setting and another.
 *
 * <p>A pass takes some of the runs that a setting makes of all texts, evenly by their length. What all of them would
 * take follows from the padded tokens: so a large budget is charged with the padding that it has among many texts, not
 * with that among the few there is time for.
 */
public final class Trials {

    private static final int ROUNDS = 3;
    private static final int FIRST = 32;

    private final Section<?, ?> section;
    private final List<Encoded> windows;
    private final int[] lengths;
    private final long tokens;
    /** Padded tokens of a pass. */
    private final long share;

    /**
     * Tokenizes inputs and warms the model up.
     *
     * @param pipeline tells what there is time for
     * @param inputs those that a call looks at together
     * @param nanos about how long a pass shall take
     */
    public <I> Trials(Pipeline pipeline, List<I> inputs, Codec<I, ?> codec, long nanos) {
        section = pipeline.section(inputs, codec);
        windows = section.flat();
        lengths = Pipeline.lengths(windows);
        tokens = Arrays.stream(lengths).asLongStream().sum();
        List<int[]> plan = RunPlan.byLength(lengths, pipeline.tokenBudget());
        long first = 0;
        long took = 0;
        if (tokens > 0) {
            List<int[]> some = spread(plan, Math.min(FIRST, plan.size()));
            first = padded(some);
            pass(pipeline, some);
            took = pass(pipeline, some);
        }
        share = (long) (first * (double) nanos / Math.max(1, took));
    }

    /** Tokens of all texts, without padding. */
    public long tokens() {
        return tokens;
    }

    /** One setting: a model with its threads, and a budget. */
    public static final class Setting {

        private final Pipeline pipeline;
        private final int budget;

        public Setting(Pipeline pipeline, int budget) {
            this.pipeline = pipeline;
            this.budget = budget;
        }

        public int budget() {
            return budget;
        }
    }

    /** Tokens that are run per second with each setting, the settings by turns: the medians of three passes. */
    public double[] rates(List<Setting> settings) {
        double[][] rates = new double[settings.size()][ROUNDS];
        for (int round = -1; round < ROUNDS; round++) {
            for (int i = 0; i < rates.length; i++) {
                double rate = rate(settings.get(i));
                // The first round is not counted: the arena grows to new shapes in it.
                if (round >= 0) {
                    rates[i][round] = rate;
                }
            }
        }
        double[] medians = new double[rates.length];
        for (int i = 0; i < medians.length; i++) {
            Arrays.sort(rates[i]);
            medians[i] = rates[i][ROUNDS / 2];
        }
        return medians;
    }

    private double rate(Setting setting) {
        List<int[]> all = RunPlan.byLength(lengths, setting.budget);
        long padded = padded(all);
        // So many that each lane has some: else what is measured is the lane that waits.
        long least = 2L * setting.pipeline.concurrentRuns();
        long count = Math.max(least, Math.round(all.size() * (double) share / padded));
        List<int[]> some = spread(all, (int) Math.min(all.size(), count));
        double took = pass(setting.pipeline, some) * ((double) padded / padded(some));
        return tokens * 1e9 / Math.max(1, took);
    }

    private static List<int[]> spread(List<int[]> plan, int count) {
        List<int[]> some = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            some.add(plan.get((int) ((2L * i + 1) * plan.size() / (2L * count))));
        }
        return some;
    }

    private long padded(List<int[]> plan) {
        long padded = 0;
        for (int[] run : plan) {
            // The first of a run is its longest.
            padded += (long) run.length * lengths[run[0]];
        }
        return padded;
    }

    private long pass(Pipeline pipeline, List<int[]> plan) {
        long start = System.nanoTime();
        pipeline.logits(section, windows, plan);
        return System.nanoTime() - start;
    }
}
