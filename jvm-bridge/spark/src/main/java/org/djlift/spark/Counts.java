package org.djlift.spark;

import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;
import org.djlift.data.StageTimes;

import java.io.Serializable;

/** What a stage has done, as accumulators that Spark's pages show with each stage and task. */
final class Counts implements Serializable {

    private static final long serialVersionUID = 1L;
    private static final int MILLI = 1_000_000;

    private final LongAccumulator texts;
    private final LongAccumulator nulls;
    private final LongAccumulator failures;
    /** Null where the stage finds no number of things. */
    private final LongAccumulator things;

    private final LongAccumulator tokens;
    private final LongAccumulator padded;
    private final LongAccumulator tokenizing;
    private final LongAccumulator waiting;
    private final LongAccumulator running;
    private final LongAccumulator decoding;

    /** What it finds by name, such as entities; null where it gives one thing for each text. */
    Counts(SparkContext context, String stage, String found) {
        texts = context.longAccumulator(stage + " texts");
        nulls = context.longAccumulator(stage + " nulls");
        failures = context.longAccumulator(stage + " failed texts");
        things = found == null ? null : context.longAccumulator(stage + " " + found);
        tokens = context.longAccumulator(stage + " tokens");
        padded = context.longAccumulator(stage + " tokens with padding");
        tokenizing = context.longAccumulator(stage + " tokenize ms");
        waiting = context.longAccumulator(stage + " wait ms");
        running = context.longAccumulator(stage + " run ms");
        decoding = context.longAccumulator(stage + " decode ms");
    }

    void found(int count) {
        texts.add(1L);
        if (things != null) {
            things.add((long) count);
        }
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
