package org.djlift.spark;

import org.apache.spark.TaskContext;
import org.djlift.AggregationStrategy;
import org.djlift.TokenClassifier;
import org.djlift.TokenClassifierBuilder;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Locale;

/** What a model is loaded with; travels to the executors. */
final class Settings implements Serializable {

    private static final long serialVersionUID = 1L;

    final Source source;
    /** Null for the archive's. */
    private final String strategy;
    private final int stride;
    private final int tokenBudget;
    private final int concurrentRuns;
    private final String device;
    /** Zero for as many as Spark gives a task. */
    private final int threads;

    Settings(
            Source source,
            String strategy,
            int stride,
            int tokenBudget,
            int concurrentRuns,
            String device,
            int threads) {
        this.source = source;
        this.strategy = strategy;
        this.stride = stride;
        this.tokenBudget = tokenBudget;
        this.concurrentRuns = concurrentRuns;
        this.device = device;
        this.threads = threads;
    }

    static AggregationStrategy strategy(String name) {
        try {
            return AggregationStrategy.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "aggregationStrategy: expected none, simple, first, average or max, found " + name, e);
        }
    }

    TokenClassifier load(Path archive) throws IOException {
        TokenClassifierBuilder builder = TokenClassifier.builder(archive)
                .stride(stride)
                .tokenBudget(tokenBudget)
                .concurrentRuns(concurrentRuns)
                .device(device)
                .intraOpThreads(threads());
        if (strategy != null) {
            builder.aggregationStrategy(strategy(strategy));
        }
        return builder.build();
    }

    /** Tasks run side by side: each takes the cores that Spark gives it (spark.task.cpus), and no more. */
    private int threads() {
        TaskContext task = TaskContext.get();
        return threads > 0 || task == null ? threads : task.cpus();
    }

    /** What two models must have in common to be one. */
    String key(Path archive) throws IOException {
        return String.join(
                " ",
                Source.stamp(archive),
                String.valueOf(strategy),
                Integer.toString(stride),
                Integer.toString(tokenBudget),
                Integer.toString(concurrentRuns),
                device,
                Integer.toString(threads()));
    }
}
