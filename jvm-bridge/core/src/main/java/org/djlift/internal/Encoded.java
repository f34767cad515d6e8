package org.djlift.internal;

/** One window of a text as the tokenizer cuts it, without padding; offsets are code points of the whole text. */
public final class Encoded {

    private final long[] ids;
    private final long[] typeIds;
    private final long[] attentionMask;
    private final long[] specialTokensMask;
    private final int[] starts;
    private final int[] ends;

    public Encoded(
            long[] ids, long[] typeIds, long[] attentionMask, long[] specialTokensMask, int[] starts, int[] ends) {
        this.ids = ids;
        this.typeIds = typeIds;
        this.attentionMask = attentionMask;
        this.specialTokensMask = specialTokensMask;
        this.starts = starts;
        this.ends = ends;
    }

    public int length() {
        return ids.length;
    }

    public long[] ids() {
        return ids;
    }

    public long[] typeIds() {
        return typeIds;
    }

    public long[] attentionMask() {
        return attentionMask;
    }

    public long[] specialTokensMask() {
        return specialTokensMask;
    }

    public int[] starts() {
        return starts;
    }

    public int[] ends() {
        return ends;
    }
}
