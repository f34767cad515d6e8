package org.djlift.internal.tokenizer;

import java.util.Objects;

/** How inputs that are too long are cut into windows: what transformers' tokenizers take as arguments of a call. */
public final class Cut {

    /** Which of two texts is cut. For a single text it is {@code LONGEST_FIRST}. */
    public enum Side {
        LONGEST_FIRST("longest_first"),
        ONLY_FIRST("only_first"),
        ONLY_SECOND("only_second"),
        NEITHER("do_not_truncate");

        final String name;

        Side(String name) {
            this.name = name;
        }
    }

    final Side side;
    final int maxLength;
    final int stride;
    final boolean overflow;

    private Cut(Side side, int maxLength, int stride, boolean overflow) {
        this.side = side;
        this.maxLength = side == Side.NEITHER ? Integer.MAX_VALUE : maxLength;
        this.stride = side == Side.NEITHER ? 0 : stride;
        this.overflow = overflow;
    }

    /** One window of at most so many tokens, special tokens included; what is over is lost. */
    public static Cut at(Side side, int maxLength) {
        return new Cut(side, maxLength, 0, false);
    }

    /** Windows of at most so many tokens, special tokens included, of which {@code stride} overlap. */
    public static Cut windows(Side side, int maxLength, int stride) {
        return new Cut(side, maxLength, stride, true);
    }

    /** One window, however long. */
    public static Cut none() {
        return new Cut(Side.NEITHER, Integer.MAX_VALUE, 0, false);
    }

    /** Cuts that a tokenizer is set up for alike are equal. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Cut
                && side == ((Cut) other).side
                && maxLength == ((Cut) other).maxLength
                && stride == ((Cut) other).stride;
    }

    @Override
    public int hashCode() {
        return Objects.hash(side, maxLength, stride);
    }

    @Override
    public String toString() {
        return side.name + " at " + maxLength + ", stride " + stride;
    }
}
