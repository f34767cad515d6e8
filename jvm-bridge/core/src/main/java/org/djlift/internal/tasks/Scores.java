package org.djlift.internal.tasks;

import org.djlift.data.ScoreFunction;

/** The arithmetic of the reference: numpy's, in single precision, in numpy's order. */
public final class Scores {

    /** Elements that numpy adds up in one block of its pairwise summation. */
    private static final int BLOCK = 128;

    /** exp of its negative is 0.998: thousands of times further from 1 than a float is exact. */
    private static final float CLEAR = 0.002f;

    private Scores() {}

    /** Softmax of one row, as the pipeline writes it: shift by the maximum, exp, divide by the sum. */
    static void softmax(float[] logits, int from, float[] scores, int to, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            // Math.max passes NaN on, as numpy does.
            max = Math.max(max, logits[from + i]);
        }
        for (int i = 0; i < n; i++) {
            scores[to + i] = (float) Math.exp(logits[from + i] - max);
        }
        float sum = sum(scores, to, n);
        for (int i = 0; i < n; i++) {
            scores[to + i] /= sum;
        }
    }

    /**
     * The argmax of a row's softmax where the row alone tells it: its highest logit stands clear of all others, so far
     * that no rounding makes their scores equal. -1 where it does not, and where a logit is no number.
     */
    static int clearArgmax(float[] logits, int from, int n) {
        int best = 0;
        float highest = logits[from];
        float second = Float.NEGATIVE_INFINITY;
        for (int i = 1; i < n; i++) {
            float logit = logits[from + i];
            if (logit > highest) {
                second = highest;
                highest = logit;
                best = i;
            } else if (logit > second) {
                second = logit;
            } else if (Float.isNaN(logit)) {
                return -1;
            }
        }
        // False for NaN and for infinities, which softmax makes NaN of.
        return highest - second > CLEAR && highest < Float.POSITIVE_INFINITY ? best : -1;
    }

    /** numpy's argmax: the first of equals; the first NaN wins over all. */
    static int argmax(float[] scores, int from, int n) {
        int best = 0;
        if (Float.isNaN(scores[from])) {
            return 0;
        }
        for (int i = 1; i < n; i++) {
            float score = scores[from + i];
            if (Float.isNaN(score)) {
                return i;
            }
            if (score > scores[from + best]) {
                best = i;
            }
        }
        return best;
    }

    /** numpy's nanmean of a vector. */
    static float nanmean(float[] values, int n) {
        float[] present = new float[n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            boolean missing = Float.isNaN(values[i]);
            present[i] = missing ? 0f : values[i];
            count += missing ? 0 : 1;
        }
        return count == 0 ? Float.NaN : sum(present, 0, n) / count;
    }

    /** numpy's sum of a contiguous run: pairwise, eight partial sums at a time. */
    static float sum(float[] values, int from, int n) {
        if (n < 8) {
            float sum = 0f;
            for (int i = 0; i < n; i++) {
                sum += values[from + i];
            }
            return sum;
        }
        if (n > BLOCK) {
            int half = n / 2;
            half -= half % 8;
            return sum(values, from, half) + sum(values, from + half, n - half);
        }
        float r0 = values[from];
        float r1 = values[from + 1];
        float r2 = values[from + 2];
        float r3 = values[from + 3];
        float r4 = values[from + 4];
        float r5 = values[from + 5];
        float r6 = values[from + 6];
        float r7 = values[from + 7];
        int i = 8;
        for (; i < n - n % 8; i += 8) {
            r0 += values[from + i];
            r1 += values[from + i + 1];
            r2 += values[from + i + 2];
            r3 += values[from + i + 3];
            r4 += values[from + i + 4];
            r5 += values[from + i + 5];
            r6 += values[from + i + 6];
            r7 += values[from + i + 7];
        }
        float sum = ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7));
        for (; i < n; i++) {
            sum += values[from + i];
        }
        return sum;
    }

    /** A model's function over all of its labels, in place. */
    static void apply(ScoreFunction function, float[] logits) {
        if (function == ScoreFunction.SOFTMAX) {
            softmax(logits, 0, logits, 0, logits.length);
        } else if (function == ScoreFunction.SIGMOID) {
            sigmoid(logits, 0, logits.length);
        }
    }

    /** {@code 1 / (1 + exp(-x))} of a row, in place. */
    static void sigmoid(float[] values, int from, int n) {
        for (int i = from; i < from + n; i++) {
            values[i] = 1f / (1f + (float) Math.exp(-values[i]));
        }
    }

    /** Compares for falling order; 0 and -0 are equal, as in Python, and what is no number comes last. */
    public static int highestFirst(float a, float b) {
        if (Float.isNaN(a) || Float.isNaN(b)) {
            return Boolean.compare(Float.isNaN(a), Float.isNaN(b));
        }
        return a > b ? -1 : a < b ? 1 : 0;
    }
}
