package org.djlift.spark;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Meter;
import com.codahale.metrics.MetricRegistry;

import org.djlift.data.StageTimes;

import java.util.concurrent.atomic.LongAdder;

/** What this JVM has done, over all models and tasks. */
final class Totals {

    private static final Meter TEXTS = new Meter();
    private static final LongAdder TOKENS = new LongAdder();
    private static final LongAdder PADDED = new LongAdder();
    private static final LongAdder TOKENIZING = new LongAdder();
    private static final LongAdder WAITING = new LongAdder();
    private static final LongAdder RUNNING = new LongAdder();
    private static final LongAdder DECODING = new LongAdder();
    private static final LongAdder LOADS = new LongAdder();
    private static final LongAdder LOADING = new LongAdder();

    private Totals() {}

    static void loaded(long nanos) {
        LOADS.increment();
        LOADING.add(nanos);
    }

    static void done(StageTimes times) {
        TEXTS.mark(times.texts());
        TOKENS.add(times.tokens());
        PADDED.add(times.paddedTokens());
        TOKENIZING.add(times.tokenizeNanos());
        WAITING.add(times.waitNanos());
        RUNNING.add(times.runNanos());
        DECODING.add(times.decodeNanos());
    }

    /** How often a model was loaded. */
    static long loads() {
        return LOADS.sum();
    }

    static void register(MetricRegistry metrics) {
        metrics.register("texts", TEXTS);
        count(metrics, "tokens", TOKENS);
        count(metrics, "paddedTokens", PADDED);
        time(metrics, "tokenizeMillis", TOKENIZING);
        time(metrics, "waitMillis", WAITING);
        time(metrics, "runMillis", RUNNING);
        time(metrics, "decodeMillis", DECODING);
        count(metrics, "loads", LOADS);
        time(metrics, "loadMillis", LOADING);
        metrics.register("models", (Gauge<Integer>) Models::count);
    }

    private static void count(MetricRegistry metrics, String name, LongAdder sum) {
        metrics.register(name, (Gauge<Long>) sum::sum);
    }

    private static void time(MetricRegistry metrics, String name, LongAdder nanos) {
        metrics.register(name, (Gauge<Long>) () -> nanos.sum() / 1_000_000);
    }
}
