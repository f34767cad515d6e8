package org.djlift.data;

import java.util.Objects;

/** A token in the place of a mask. */
public final class MaskFill {

    private final long token;
    private final String text;
    private final float score;
    private final String sequence;

    /**
     * Makes a filled mask.
     *
     * @param token id of the token
     * @param text the token, decoded
     * @param score its score, from 0 to 1
     * @param sequence the text with it
     */
    public MaskFill(long token, String text, float score, String sequence) {
        this.token = token;
        this.text = Objects.requireNonNull(text, "text");
        this.score = score;
        this.sequence = Objects.requireNonNull(sequence, "sequence");
    }

    /**
     * Returns the id of the token.
     *
     * @return the id, in the model's vocabulary
     */
    public long token() {
        return token;
    }

    /**
     * Returns the token as text.
     *
     * @return the token, decoded alone
     */
    public String text() {
        return text;
    }

    /**
     * Returns the score: the probability of the token among all of the vocabulary, even where there are targets.
     *
     * @return from 0 to 1
     */
    public float score() {
        return score;
    }

    /**
     * Returns the tokens of the text with this one for the mask, decoded: not always the text itself. Where there are
     * several masks, the others stand in it, and so do all special tokens.
     *
     * @return the text with the token
     */
    public String sequence() {
        return sequence;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof MaskFill)) {
            return false;
        }
        MaskFill that = (MaskFill) other;
        return token == that.token
                && text.equals(that.text)
                && Float.compare(score, that.score) == 0
                && sequence.equals(that.sequence);
    }

    @Override
    public int hashCode() {
        return Objects.hash(token, text, score, sequence);
    }

    @Override
    public String toString() {
        return "'" + text + "' " + score;
    }
}
