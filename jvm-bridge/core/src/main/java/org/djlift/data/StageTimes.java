package org.djlift.data;

import java.util.Locale;

/**
 * Counts and times of a model of any task since it was loaded. The times are added up over all threads, so with several
 * threads they are more than the time that has passed. The texts of a self-test at loading are counted too. Equal texts
 * that are looked at together are run once, and their tokens are counted once.
 */
public final class StageTimes {

    private static final int COUNT = 8;

    private final long[] sums;

    /**
     * Makes times of counts and nanoseconds.
     *
     * @param sums texts, runs, tokens and tokens of padding; then the nanoseconds of tokenizing, waiting, running and
     *     decoding
     */
    public StageTimes(long[] sums) {
        if (sums.length != COUNT) {
            throw new IllegalArgumentException("expected " + COUNT + " numbers, found " + sums.length);
        }
        this.sums = sums.clone();
    }

    /**
     * Returns the counts and times since an earlier moment.
     *
     * @param earlier the stage times of the same model at that moment
     * @return the difference
     */
    public StageTimes since(StageTimes earlier) {
        long[] difference = new long[sums.length];
        for (int i = 0; i < sums.length; i++) {
            difference[i] = sums[i] - earlier.sums[i];
        }
        return new StageTimes(difference);
    }

    /**
     * Returns how many inputs were given.
     *
     * @return the inputs, nulls not counted
     */
    public long texts() {
        return sums[0];
    }

    /**
     * Returns how often the model ran.
     *
     * @return the runs
     */
    public long runs() {
        return sums[1];
    }

    /**
     * Returns how many tokens the model ran on, without padding.
     *
     * @return the tokens, special tokens included
     */
    public long tokens() {
        return sums[2];
    }

    /**
     * Returns how many tokens the model ran on, with padding.
     *
     * @return the tokens, padding included
     */
    public long paddedTokens() {
        return sums[3];
    }

    /**
     * Returns the time in the tokenizer.
     *
     * @return nanoseconds
     */
    public long tokenizeNanos() {
        return sums[4];
    }

    /**
     * Returns the time in which a caller waited for the tokenizer.
     *
     * @return nanoseconds
     */
    public long waitNanos() {
        return sums[5];
    }

    /**
     * Returns the time in the model, with the copies in and out.
     *
     * @return nanoseconds
     */
    public long runNanos() {
        return sums[6];
    }

    /**
     * Returns the time in which the outputs of the model were decoded, such as logits to entities.
     *
     * @return nanoseconds
     */
    public long decodeNanos() {
        return sums[7];
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d texts, %d tokens (%d with padding) in %d runs; ms: tokenize %d, wait %d, run %d, decode %d",
                texts(),
                tokens(),
                paddedTokens(),
                runs(),
                tokenizeNanos() / 1_000_000,
                waitNanos() / 1_000_000,
                runNanos() / 1_000_000,
                decodeNanos() / 1_000_000);
    }
}
