package org.djlift.internal.graph;

import java.util.Arrays;

/** The graph's output for one window, rows x columns: a part of an array that several windows may share. */
public final class Logits {

    private final float[] values;
    private final int offset;
    private final int rows;
    private final int columns;

    public Logits(float[] values, int offset, int rows, int columns) {
        this.values = values;
        this.offset = offset;
        this.rows = rows;
        this.columns = columns;
    }

    /** The shared array; a row starts in it where {@link #at} says. */
    public float[] values() {
        return values;
    }

    /** Where a row starts. */
    public int at(int row) {
        return offset + row * columns;
    }

    /** A row for each token, or for each that was wanted, or one. */
    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    /** The rows end to end. */
    public float[] copy() {
        return Arrays.copyOfRange(values, offset, offset + rows * columns);
    }
}
