package org.djlift;

import org.djlift.internal.Pipeline;
import org.djlift.internal.Trials;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Tries settings on an archive: the splits of threads first, by twos, then the budgets with the best of them. */
final class Calibrator {

    private static final List<Integer> BUDGETS = List.of(256, 512, 1024, 2048, 4096);
    /** Passes over a setting, the one for warming up included. */
    private static final int ROUNDS = 4;

    private final TokenClassifierBuilder builder;
    private final Archive archive;
    private final List<String> texts;
    private final long nanos;

    /** What is the best so far, and how many times as fast it is as the builder's own settings. */
    private int runs;

    private int threads;
    private double gain = 1;

    Calibrator(TokenClassifierBuilder builder, Archive archive, List<String> texts, Duration time) {
        this.builder = builder;
        this.archive = archive;
        this.texts = texts;
        this.runs = builder.concurrentRuns;
        this.threads = builder.intraOpThreads();
        int passes = ROUNDS * (2 * splits(available()).size() + BUDGETS.size() + 1);
        this.nanos = time.toNanos() / passes;
    }

    Calibration run() throws IOException {
        Loaded best = load(runs, threads);
        try {
            Trials.Sample sample = Trials.sample(best.pipeline, texts, builder.stride, nanos, builder.lookAhead);
            if (sample.tokens() == 0) {
                throw new IllegalArgumentException("expected texts with tokens, found none");
            }
            for (int[] split : splits(available())) {
                best = better(best, split, sample);
            }
            int budget = budget(best.pipeline, sample);
            Manifest manifest = archive.manifest();
            String name = manifest.name() + " " + manifest.version() + " " + manifest.precision();
            return new Calibration(name, processors(), budget, runs, threads, gain);
        } finally {
            best.close();
        }
    }

    /** The best so far or the model with another split of the threads; the other one of the two is closed. */
    private Loaded better(Loaded best, int[] split, Trials.Sample sample) throws IOException {
        Loaded other = load(split[0], split[1]);
        Loaded worse = other;
        try {
            int[] budgets = {builder.tokenBudget, builder.tokenBudget};
            double[] rates = Trials.rates(List.of(best.pipeline, other.pipeline), budgets, sample);
            if (rates[1] > rates[0] * Trials.MARGIN) {
                worse = best;
                gain *= rates[1] / rates[0];
                runs = split[0];
                threads = split[1];
                return other;
            }
            return best;
        } finally {
            worse.close();
        }
    }

    /** The builder's own budget, unless another is clearly faster. */
    private int budget(Pipeline pipeline, Trials.Sample sample) {
        IntStream others = BUDGETS.stream().mapToInt(Integer::intValue).filter(b -> b != builder.tokenBudget);
        int[] budgets = IntStream.concat(IntStream.of(builder.tokenBudget), others).toArray();
        double[] rates = Trials.rates(Collections.nCopies(budgets.length, pipeline), budgets, sample);
        int chosen = 0;
        for (int i = 1; i < rates.length; i++) {
            if (rates[i] > rates[chosen] && rates[i] > rates[0] * Trials.MARGIN) {
                chosen = i;
            }
        }
        gain *= rates[chosen] / rates[0];
        return budgets[chosen];
    }

    private Loaded load(int runs, int threads) throws IOException {
        return new Loaded(builder.with(runs, threads), archive);
    }

    /** Threads to be split: those of the builder, or one for each processor. */
    private int available() {
        return builder.intraOpThreads() > 0 ? builder.intraOpThreads() : processors();
    }

    static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /**
     * Runs at a time and ONNX Runtime's threads. The runs of a session share its threads but one, which is the
     * caller's: r runs of t threads keep r + t - 1 busy.
     */
    static List<int[]> splits(int threads) {
        List<int[]> splits = new ArrayList<>();
        for (int runs = 2; runs < threads; runs *= 2) {
            splits.add(new int[] {runs, threads - runs + 1});
        }
        if (threads > 1) {
            splits.add(new int[] {threads, 1});
        }
        return splits;
    }
}
