package org.djlift.spark;

import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;
import org.djlift.StageTimes;

import java.io.Serializable;

/** What a stage has done, as accumulators that Spark's pages show with each stage and task. */
final class Counts implements Serializable {

    private static final long serialVersionUID = 1L;
    private static final int MILLI = 1_000_000;

    private final LongAccumulator texts;
    private final LongAccumulator nulls;
    private final LongAccumulator failures;
    private final LongAccumulator entities;
    private final LongAccumulator tokens;
    private final LongAccumulator padded;
    private final LongAccumulator tokenizing;
    private final LongAccumulator waiting;
    private final LongAccumulator running;
    private final LongAccumulator decoding;

    Counts(SparkContext context, String stage) {
        texts = context.longAccumulator(stage + " texts");
        nulls = context.longAccumulator(stage + " nulls");
        failures = context.longAccumulator(stage + " failed texts");
        entities = context.longAccumulator(stage + " entities");
        tokens = context.longAccumulator(stage + " tokens");
        padded = context.longAccumulator(stage + " tokens with padding");
        tokenizing = context.longAccumulator(stage + " tokenize ms");
        waiting = context.longAccumulator(stage + " wait ms");
        running = context.longAccumulator(stage + " run ms");
        decoding = context.longAccumulator(stage + " decode ms");
    }

    void found(int count) {
        texts.add(1L);
        entities.add((long) count);
    }

    void foundNull() {
        nulls.add(1L);
    }

    void failed() {
        texts.add(1L);
        failures.add(1L);
    }

    /** Adds what the model has done since somebody last took it; over all tasks nothing is lost or counted twice. */
    void done(StageTimes times) {
        Totals.done(times);
        tokens.add(times.tokens());
        padded.add(times.paddedTokens());
        tokenizing.add(times.tokenizeNanos() / MILLI);
        waiting.add(times.waitNanos() / MILLI);
        running.add(times.runNanos() / MILLI);
        decoding.add(times.decodeNanos() / MILLI);
    }
}
