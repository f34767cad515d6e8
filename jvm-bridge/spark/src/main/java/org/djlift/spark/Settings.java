package org.djlift.spark;

import org.apache.spark.TaskContext;
import org.djlift.ModelBuilder;

import java.io.IOException;
import java.io.Serializable;

/**
 * What a model is loaded with; travels to the executors.
 *
 * @param <M> the model
 */
final class Settings<M> implements Serializable {

    private static final long serialVersionUID = 1L;

    final Source source;
    final Work<M> work;
    private final int tokenBudget;
    private final int concurrentRuns;
    private final String device;
    /** Zero for as many as Spark gives a task. */
    private final int threads;

    Settings(Source source, Work<M> work, int tokenBudget, int concurrentRuns, String device, int threads) {
        this.source = source;
        this.work = work;
        this.tokenBudget = tokenBudget;
        this.concurrentRuns = concurrentRuns;
        this.device = device;
        this.threads = threads;
    }

    /** Sets what all stages set. */
    void applyTo(ModelBuilder<?, ?, ?> builder) {
        builder.tokenBudget(tokenBudget)
                .concurrentRuns(concurrentRuns)
                .device(device)
                .intraOpThreads(threads());
    }

    /** Tasks run side by side: each takes the cores that Spark gives it (spark.task.cpus), and no more. */
    private int threads() {
        TaskContext task = TaskContext.get();
        return threads > 0 || task == null ? threads : task.cpus();
    }

    /** What two models must have in common to be one. */
    String key() throws IOException {
        return String.join(
                " ",
                source.stamp(),
                work.key(),
                Integer.toString(tokenBudget),
                Integer.toString(concurrentRuns),
                device,
                Integer.toString(threads()));
    }
}
