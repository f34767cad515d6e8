package org.djlift.internal.engine;

import org.djlift.internal.tokenizer.Encoded;

import java.util.Arrays;

/**
 * One run of the model over a text, or over a part of a long one: what went in and what came out, without padding.
 *
 * <p>The arrays are the window's own and are not copied: read them, do not change them.
 */
public final class Window {

    private final Encoded encoded;
    private final float[] logits;
    private final int rows;
    private final int labels;

    Window(Encoded encoded, float[] logits, int rows, int labels) {
        this.rows = rows;
        this.encoded = encoded;
        this.logits = logits;
        this.labels = labels;
    }

    /**
     * Returns the token ids.
     *
     * @return ids, special tokens included; length: tokens
     */
    public long[] ids() {
        return encoded.ids();
    }

    /**
     * Returns the token type ids.
     *
     * @return type ids; length: tokens
     */
    public long[] typeIds() {
        return encoded.typeIds();
    }

    /**
     * Returns the attention mask.
     *
     * @return 1 for each token; length: tokens
     */
    public long[] attentionMask() {
        return encoded.attentionMask();
    }

    /**
     * Returns which tokens the tokenizer added.
     *
     * @return 1 for special tokens, 0 for tokens of the text; length: tokens
     */
    public long[] specialTokensMask() {
        return encoded.specialTokensMask();
    }

    /**
     * Returns where each token starts in the whole text.
     *
     * @return code points; 0 for special tokens; length: tokens
     */
    public int[] starts() {
        return encoded.starts();
    }

    /**
     * Returns where each token ends in the whole text.
     *
     * @return code points after the last; 0 for special tokens; length: tokens
     */
    public int[] ends() {
        return encoded.ends();
    }

    /**
     * Returns which text each token is of.
     *
     * @return 0, 1 for the second of a pair, -1 for tokens that the tokenizer added; length: tokens
     */
    public int[] sequenceIds() {
        return encoded.sequenceIds();
    }

    /**
     * Returns the logits of the model, or whatever else its task has it give.
     *
     * @return logits by row, then by label; length: rows times labels
     */
    public float[] logits() {
        return logits;
    }

    /**
     * Returns the height of {@link #logits()}.
     *
     * @return the tokens, for a token classifier; one, for a model that gives a row a text
     */
    public int rows() {
        return rows;
    }

    /**
     * Returns the width of {@link #logits()}.
     *
     * @return the number of labels
     */
    public int labels() {
        return labels;
    }

    @Override
    public String toString() {
        return "Window" + Arrays.toString(ids());
    }
}
