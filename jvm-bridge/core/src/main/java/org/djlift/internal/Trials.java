package org.djlift.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Times the model's runs over the same tokens with one setting and another. */
public final class Trials {

    /** A setting must be faster by so much before it counts as faster: less is noise, and what is usual stays. */
    public static final double MARGIN = 1.03;

    private static final int ROUNDS = 3;
    private static final int FEWEST = 32;

    private Trials() {}

    /** Tokens of some texts, ready to be run again and again. */
    public static final class Sample {

        private final Section section;
        private final long tokens;

        private Sample(Section section) {
            this.section = section;
            this.tokens = IntStream.of(Pipeline.lengths(section.flat())).asLongStream().sum();
        }

        /** Tokens without padding. */
        public long tokens() {
            return tokens;
        }
    }

    /**
     * Texts, evenly taken from those given, so many that a pass over them takes about as long as asked. Warms the model
     * up with them.
     *
     * @param nanos how long a pass shall take; with few or short texts it takes less
     * @param most texts that a pass looks at together
     */
    public static Sample sample(Pipeline pipeline, List<String> texts, int stride, long nanos, int most) {
        int count = Math.min(FEWEST, most);
        while (true) {
            Sample sample = new Sample(pipeline.section(spread(texts, count), stride));
            pass(pipeline, sample);
            long took = pass(pipeline, sample);
            if (took * 2 > nanos || count >= Math.min(texts.size(), most)) {
                return sample;
            }
            // At most eightfold: what a few texts take says little of many.
            count = (int) Math.min(most, Math.max(count + 1L, count * Math.min(8, nanos / Math.max(1, took))));
        }
    }

    private static List<String> spread(List<String> texts, int count) {
        List<String> some = new ArrayList<>();
        for (int i = 0; i < Math.min(count, texts.size()); i++) {
            some.add(texts.get((int) ((long) i * texts.size() / Math.min(count, texts.size()))));
        }
        return some;
    }

    /**
     * Tokens that are run per second with each setting, the settings by turns: the medians of three passes.
     *
     * @param settings pipelines, and for each its budget
     */
    public static double[] rates(List<Pipeline> settings, int[] budgets, Sample sample) {
        long[][] took = new long[settings.size()][ROUNDS];
        for (int round = -1; round < ROUNDS; round++) {
            for (int i = 0; i < took.length; i++) {
                long nanos = pass(settings.get(i).withBudget(budgets[i]), sample);
                // The first round is not counted: the arena grows to new shapes in it.
                if (round >= 0) {
                    took[i][round] = nanos;
                }
            }
        }
        double[] rates = new double[took.length];
        for (int i = 0; i < rates.length; i++) {
            Arrays.sort(took[i]);
            rates[i] = sample.tokens * 1e9 / Math.max(1, took[i][ROUNDS / 2]);
        }
        return rates;
    }

    private static long pass(Pipeline pipeline, Sample sample) {
        long start = System.nanoTime();
        pipeline.logits(sample.section);
        return System.nanoTime() - start;
    }
}
