package org.djlift.internal.engine;

import java.util.concurrent.atomic.LongAdder;

/** What a pipeline has done since it was made. Any number of threads add to it; times in nanoseconds. */
public final class Stages {

    final LongAdder texts = new LongAdder();
    final LongAdder runs = new LongAdder();
    final LongAdder tokens = new LongAdder();
    final LongAdder padded = new LongAdder();
    final LongAdder tokenizing = new LongAdder();
    final LongAdder waiting = new LongAdder();
    final LongAdder running = new LongAdder();
    final LongAdder decoding = new LongAdder();

    Stages() {}

    /** Texts, runs, tokens, tokens with padding; then the times: tokenizing, waiting, running, decoding. */
    public long[] sums() {
        return new long[] {
            texts.sum(),
            runs.sum(),
            tokens.sum(),
            padded.sum(),
            tokenizing.sum(),
            waiting.sum(),
            running.sum(),
            decoding.sum()
        };
    }

    /** Adds the time since {@code start}, which {@link System#nanoTime} gave. */
    static void since(long start, LongAdder time) {
        time.add(System.nanoTime() - start);
    }
}
