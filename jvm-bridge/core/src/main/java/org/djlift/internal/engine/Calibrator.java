package org.djlift.internal.engine;

import org.djlift.archive.Manifest;
import org.djlift.data.Calibration;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Trials.Setting;
import org.djlift.internal.reader.OpenedArchive;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Tries settings on an archive: each split of the threads against the best so far, both with every budget, for what is
 * the best budget depends on the split.
 */
public final class Calibrator<I> {

    /** A setting must be faster than another by so much to be preferred to it: less is noise. */
    private static final double MARGIN = 1.03;

    private static final List<Integer> BUDGETS = List.of(256, 512, 1024, 2048);
    /** Passes over a setting, the one for warming up included. */
    private static final int ROUNDS = 4;

    private final LoadSettings settings;
    private final OpenedArchive archive;
    private final List<? extends I> inputs;
    private final Duration time;
    private final int[] budgets;
    private final Task<I, ?> task;
    private final Parameters parameters;

    /** What is the best so far, and how many times as fast it is as the settings that were given. */
    private int runs;

    private int threads;
    private int budget;
    private double gain = 1;

    public Calibrator(
            Task<I, ?> task,
            Parameters parameters,
            LoadSettings settings,
            OpenedArchive archive,
            List<? extends I> inputs,
            Duration time) {
        this.task = task;
        this.parameters = parameters;
        this.settings = settings;
        this.archive = archive;
        this.inputs = inputs;
        this.time = time;
        this.runs = settings.concurrentRuns;
        this.threads = settings.intraOpThreads();
        this.budget = settings.tokenBudget;
        IntStream others = BUDGETS.stream().mapToInt(Integer::intValue).filter(b -> b != budget);
        this.budgets = IntStream.concat(IntStream.of(budget), others).toArray();
    }

    public Calibration run() throws IOException {
        List<int[]> splits = splits(available());
        int comparisons = Math.max(1, 2 * splits.size());
        long pass = time.toNanos() / ((long) ROUNDS * budgets.length * comparisons);
        Loaded best = load(runs, threads);
        try {
            Trials trials = new Trials(best.pipeline, together(), codec(best), pass);
            if (trials.tokens() == 0) {
                throw new IllegalArgumentException("expected texts with tokens, found none");
            }
            if (splits.isEmpty()) {
                choose(trials, settings(best));
            }
            for (int[] split : splits) {
                best = better(best, split, trials);
            }
            Manifest manifest = archive.manifest();
            String name = manifest.name() + " " + manifest.version() + " " + manifest.precision();
            return new Calibration(name, processors(), budget, runs, threads, gain);
        } finally {
            best.close();
        }
    }

    private Codec<I, ?> codec(Loaded loaded) throws IOException {
        return task.bind(loaded.folder, loaded.tokenization).codec(parameters.over(loaded.folder.parameters()));
    }

    /** As many inputs as a call looks at together, evenly from all. */
    private List<I> together() {
        int count = Math.min(inputs.size(), settings.lookAhead);
        return IntStream.range(0, count)
                .mapToObj(i -> inputs.get((int) ((long) i * inputs.size() / count)))
                .collect(Collectors.toList());
    }

    /** The best so far or the model with another split of the threads; the other one of the two is closed. */
    private Loaded better(Loaded best, int[] split, Trials trials) throws IOException {
        Loaded other = load(split[0], split[1]);
        Loaded worse = other;
        try {
            List<Setting> all = settings(best);
            all.addAll(settings(other));
            if (choose(trials, all) < budgets.length) {
                return best;
            }
            worse = best;
            runs = split[0];
            threads = split[1];
            return other;
        } finally {
            worse.close();
        }
    }

    /** A model with each of the budgets. */
    private List<Setting> settings(Loaded loaded) {
        return IntStream.of(budgets)
                .mapToObj(b -> new Setting(loaded.pipeline, b))
                .collect(Collectors.toList());
    }

    /** Which of the settings is the best: the one that was so before, unless another is clearly faster. */
    private int choose(Trials trials, List<Setting> settings) {
        double[] rates = trials.rates(settings);
        int before = IntStream.range(0, budgets.length)
                .filter(i -> budgets[i] == budget)
                .findFirst()
                .orElseThrow();
        int chosen = before;
        for (int i = 0; i < rates.length; i++) {
            if (rates[i] > rates[chosen] && rates[i] > rates[before] * MARGIN) {
                chosen = i;
            }
        }
        gain *= rates[chosen] / rates[before];
        budget = settings.get(chosen).budget();
        return chosen;
    }

    private Loaded load(int runs, int threads) throws IOException {
        return new Loaded(settings.with(runs, threads), archive, task.name(), task.form());
    }

    /** Threads to be split: those of the builder, or one for each processor. */
    private int available() {
        return settings.intraOpThreads() > 0 ? settings.intraOpThreads() : processors();
    }

    public static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /**
     * Runs at a time and ONNX Runtime's threads. The runs of a session share its threads but one, which is the
     * caller's: r runs of t threads keep r + t - 1 busy.
     */
    public static List<int[]> splits(int threads) {
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
