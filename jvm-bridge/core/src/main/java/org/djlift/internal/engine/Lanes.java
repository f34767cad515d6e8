package org.djlift.internal.engine;

import org.djlift.internal.base.Daemons;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** How many runs of the model a call has at a time: the caller's thread and some of a pool's. Thread-safe. */
public final class Lanes {

    private final int count;
    private final ExecutorService pool;

    /** @param count runs at a time, at least 1 */
    public Lanes(int count) {
        this.count = count;
        this.pool = Daemons.pool("djlift-model");
    }

    int count() {
        return count;
    }

    /**
     * Does steps 0 to n - 1, each once; those that are begun are ended, also when one fails.
     *
     * @throws RuntimeException what the first of the failed steps threw; later ones may not have been begun then
     */
    void each(int n, IntConsumer step) {
        if (count == 1 || n <= 1) {
            for (int i = 0; i < n; i++) {
                step.accept(i);
            }
            return;
        }
        AtomicInteger next = new AtomicInteger();
        Throwable[] failures = new Throwable[n];
        Runnable lane = () -> {
            for (int i = next.getAndIncrement(); i < n; i = next.getAndIncrement()) {
                try {
                    step.accept(i);
                } catch (RuntimeException | Error e) {
                    failures[i] = e;
                    next.set(n);
                }
            }
        };
        List<CompletableFuture<Void>> others = new ArrayList<>();
        try {
            for (int i = 1; i < Math.min(count, n); i++) {
                others.add(CompletableFuture.runAsync(lane, pool));
            }
            lane.run();
        } finally {
            // Also where a thread could not be had: nothing may be under way when the call is over.
            next.set(n);
            others.forEach(CompletableFuture::join);
        }
        for (Throwable failure : failures) {
            if (failure != null) {
                throw TextStream.<RuntimeException>raised(failure);
            }
        }
    }

    /** Ends the pool's threads. */
    public void close() {
        pool.shutdown();
    }
}
