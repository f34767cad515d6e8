package org.djlift.internal.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.Random;

/** The arithmetic is numpy's to the bit where numpy's order of additions shows. */
class ScoresTest {

    @Test
    void argmaxIsTheFirstOfEqualsAndTheFirstNaN() {
        assertEquals(1, Scores.argmax(new float[] {9f, 0f, 2f, 2f}, 1, 3));
        assertEquals(2, Scores.argmax(new float[] {1f, 0f, Float.NaN, 5f, Float.NaN}, 0, 5));
        assertEquals(0, Scores.argmax(new float[] {Float.NaN, Float.NaN, 5f}, 0, 3));
        assertEquals(0, Scores.argmax(new float[] {Float.NaN, 7f, 5f}, 0, 3));
    }

    /** Rows where rounding, NaN and infinities could make another label of the softmax than of the logits. */
    @Test
    void aClearArgmaxIsThatOfTheSoftmax() {
        Random random = new Random(5);
        float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MAX_VALUE, -Float.MAX_VALUE};
        int clear = 0;
        for (int round = 0; round < 200_000; round++) {
            int n = 1 + random.nextInt(12);
            float[] logits = new float[n + 1];
            float[] scale = {1e-8f, 1e-3f, 1f, 30f, 1e6f};
            float unit = scale[random.nextInt(scale.length)];
            for (int i = 0; i <= n; i++) {
                boolean strange = round % 4 == 0 && random.nextInt(6) == 0;
                logits[i] = strange ? odd[random.nextInt(odd.length)] : (float) random.nextGaussian() * unit + 7;
            }
            float[] scores = new float[n];
            Scores.softmax(logits, 1, scores, 0, n);
            int found = Scores.clearArgmax(logits, 1, n);
            clear += found >= 0 ? 1 : 0;
            if (found >= 0) {
                assertEquals(Scores.argmax(scores, 0, n), found, Arrays.toString(logits));
            }
        }
        assertTrue(clear > 50_000, clear + " rows were clear");
        assertEquals(1, Scores.clearArgmax(new float[] {0f, 6f, 1f}, 0, 3));
        assertEquals(-1, Scores.clearArgmax(new float[] {6f, 6f, 1f}, 0, 3));
    }

    @Test
    void largeLogitsDoNotOverflow() {
        float[] scores = new float[3];
        Scores.softmax(new float[] {1000f, 999f, -1000f}, 0, scores, 0, 3);
        assertEquals(0.7310586f, scores[0], 1e-6f);
        assertEquals(1f, scores[0] + scores[1] + scores[2], 1e-6f);
    }

    /** Expected: {@code ((numpy.arange(n) * 7919 % 1000 + 1).astype("f4") / numpy.float32(997)).sum()}. */
    @ParameterizedTest
    @CsvSource({
        "7, 4.3189568519592285",
        "8, 4.754262924194336",
        "13, 5.712136268615723",
        "40, 19.919757843017578",
        "300, 150.9027099609375"
    })
    void sumsAreInTheOrderOfNumpy(int n, double expected) {
        float[] values = new float[n + 1];
        for (int i = 0; i < n; i++) {
            values[i + 1] = (float) (i * 7919L % 1000 + 1) / 997f;
        }
        assertEquals((float) expected, Scores.sum(values, 1, n), 0f);
    }

    @Test
    void whatIsMissingDoesNotCountInAMean() {
        assertEquals(2f, Scores.nanmean(new float[] {1f, Float.NaN, 3f}, 3));
        assertTrue(Float.isNaN(Scores.nanmean(new float[] {Float.NaN}, 1)));
    }
}
