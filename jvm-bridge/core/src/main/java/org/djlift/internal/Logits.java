package org.djlift.internal;

import java.util.Arrays;

/** The logits of one window: a part of an array that several windows may share. */
public final class Logits {

    private final float[] values;
    private final int offset;
    private final int labels;

    public Logits(float[] values, int offset, int labels) {
        this.values = values;
        this.offset = offset;
        this.labels = labels;
    }

    float[] values() {
        return values;
    }

    /** Where the logits of a token start. */
    int at(int token) {
        return offset + token * labels;
    }

    public int labels() {
        return labels;
    }

    public float[] copy(int tokens) {
        return Arrays.copyOfRange(values, offset, offset + tokens * labels);
    }
}
