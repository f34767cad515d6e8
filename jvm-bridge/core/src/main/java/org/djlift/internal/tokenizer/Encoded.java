package org.djlift.internal.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * One window of an input as the tokenizer cuts it, without padding; offsets are code points of the whole text that a
 * token is of.
 */
public final class Encoded {

    private final long[] ids;
    private final long[] typeIds;
    private final long[] attentionMask;
    private final long[] specialTokensMask;
    private final int[] starts;
    private final int[] ends;
    /** Null for a single text. */
    private final int[] sequenceIds;

    private final int[] wanted;
    /** Numbers that the graph gives for each token, where they are many; else 0. */
    private final int columns;
    /** Null where nobody asked for them. */
    private final int[] wordIds;

    public Encoded(
            long[] ids, long[] typeIds, long[] attentionMask, long[] specialTokensMask, int[] starts, int[] ends) {
        this(ids, typeIds, attentionMask, specialTokensMask, starts, ends, null, null, 0, null);
    }

    private Encoded(
            long[] ids,
            long[] typeIds,
            long[] attentionMask,
            long[] specialTokensMask,
            int[] starts,
            int[] ends,
            int[] sequenceIds,
            int[] wanted,
            int columns,
            int[] wordIds) {
        this.ids = ids;
        this.typeIds = typeIds;
        this.attentionMask = attentionMask;
        this.specialTokensMask = specialTokensMask;
        this.starts = starts;
        this.ends = ends;
        this.sequenceIds = sequenceIds;
        this.wanted = wanted;
        this.columns = columns;
        this.wordIds = wordIds;
    }

    /** The same window of a pair of texts. */
    Encoded ofPair(int[] sequences) {
        return new Encoded(
                ids, typeIds, attentionMask, specialTokensMask, starts, ends, sequences, wanted, columns, wordIds);
    }

    /**
     * The same window, of whose outputs only some rows are wanted.
     *
     * @param columns numbers that the graph gives for each token, where they are many; else 0
     */
    public Encoded wanting(int[] rows, int columns) {
        return new Encoded(
                ids, typeIds, attentionMask, specialTokensMask, starts, ends, sequenceIds, rows, columns, wordIds);
    }

    /** The same window, with the words that its tokens are of. */
    Encoded ofWords(int[] words) {
        return new Encoded(
                ids, typeIds, attentionMask, specialTokensMask, starts, ends, sequenceIds, wanted, columns, words);
    }

    public static List<Encoded> replaced(List<Encoded> windows, int at, Encoded window) {
        List<Encoded> others = new ArrayList<>(windows);
        others.set(at, window);
        return others;
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

    /** Which text each token is of: 0 or 1, -1 for special tokens. */
    public int[] sequenceIds() {
        if (sequenceIds != null) {
            return sequenceIds;
        }
        int[] sequences = new int[ids.length];
        for (int i = 0; i < sequences.length; i++) {
            sequences[i] = specialTokensMask[i] != 0 ? -1 : 0;
        }
        return sequences;
    }

    /** Which word of its text each token is of, -1 for none; null where they were not asked for. */
    public int[] wordIds() {
        return wordIds;
    }

    /** Numbers that the graph gives for each token, where they are many; else 0. */
    public int columns() {
        return columns;
    }

    /** Tokens of whose outputs something is wanted; null for all. */
    public int[] wanted() {
        return wanted;
    }
}
