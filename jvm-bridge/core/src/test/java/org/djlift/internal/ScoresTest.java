package org.djlift.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The arithmetic is numpy's to the bit where numpy's order of additions shows. */
class ScoresTest {

    @Test
    void argmaxIsTheFirstOfEqualsAndTheFirstNaN() {
        assertEquals(1, Scores.argmax(new float[] {9f, 0f, 2f, 2f}, 1, 3));
        assertEquals(2, Scores.argmax(new float[] {1f, 0f, Float.NaN, 5f, Float.NaN}, 0, 5));
        assertEquals(0, Scores.argmax(new float[] {Float.NaN, Float.NaN, 5f}, 0, 3));
        assertEquals(0, Scores.argmax(new float[] {Float.NaN, 7f, 5f}, 0, 3));
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
    @CsvSource({"7, 4.3189568519592285", "8, 4.754262924194336", "13, 5.712136268615723", "40, 19.919757843017578",
        "300, 150.9027099609375"})
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
