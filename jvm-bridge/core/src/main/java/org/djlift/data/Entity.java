package org.djlift.data;

import java.util.Objects;

/**
 * A labelled part of a text.
 *
 * <p>Its place is known in both units: {@link #start()} and {@link #end()} count UTF-16 units and fit {@link
 * String#substring(int, int)}; {@link #codePointStart()} and {@link #codePointEnd()} count code points, as Hugging Face
 * does. They differ only after characters beyond the Basic Multilingual Plane, such as most emoji.
 */
public final class Entity {

    private final String label;
    private final float score;
    private final String word;
    private final int start;
    private final int end;
    private final int codePointStart;
    private final int codePointEnd;
    private final int index;

    /**
     * Makes an entity.
     *
     * @param label its label
     * @param score its score, from 0 to 1
     * @param word its tokens, decoded
     * @param start first UTF-16 unit in the text
     * @param end UTF-16 unit after the last
     * @param codePointStart first code point in the text
     * @param codePointEnd code point after the last
     * @param index position of its token, or -1
     */
    public Entity(
            String label,
            float score,
            String word,
            int start,
            int end,
            int codePointStart,
            int codePointEnd,
            int index) {
        this.label = Objects.requireNonNull(label, "label");
        this.score = score;
        this.word = Objects.requireNonNull(word, "word");
        this.start = start;
        this.end = end;
        this.codePointStart = codePointStart;
        this.codePointEnd = codePointEnd;
        this.index = index;
    }

    /**
     * Returns the label: as the model names it under {@link AggregationStrategy#NONE}, without the prefix (such as
     * {@code B-}) otherwise.
     *
     * @return the label
     */
    public String label() {
        return label;
    }

    /**
     * Returns the score: the probability of the label, or its mean over the words or tokens of the entity.
     *
     * @return the score, from 0 to 1; NaN when the model gives NaN
     */
    public float score() {
        return score;
    }

    /**
     * Returns the decoded tokens. It is not always the text: {@code text.substring(start(), end())} is.
     *
     * @return the word
     */
    public String word() {
        return word;
    }

    /**
     * Returns where the entity starts.
     *
     * @return the first UTF-16 unit
     */
    public int start() {
        return start;
    }

    /**
     * Returns where the entity ends.
     *
     * @return the UTF-16 unit after the last
     */
    public int end() {
        return end;
    }

    /**
     * Returns where the entity starts, in the unit of Hugging Face.
     *
     * @return the first code point
     */
    public int codePointStart() {
        return codePointStart;
    }

    /**
     * Returns where the entity ends, in the unit of Hugging Face.
     *
     * @return the code point after the last
     */
    public int codePointEnd() {
        return codePointEnd;
    }

    /**
     * Returns the position of the token, special tokens counted, under {@link AggregationStrategy#NONE}.
     *
     * @return the position, or -1 under every other strategy
     */
    public int index() {
        return index;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Entity)) {
            return false;
        }
        Entity that = (Entity) other;
        return label.equals(that.label)
                && Float.compare(score, that.score) == 0
                && word.equals(that.word)
                && start == that.start
                && end == that.end
                && codePointStart == that.codePointStart
                && codePointEnd == that.codePointEnd
                && index == that.index;
    }

    @Override
    public int hashCode() {
        return Objects.hash(label, score, word, start, end, codePointStart, codePointEnd, index);
    }

    @Override
    public String toString() {
        return label + "[" + start + ", " + end + ") '" + word + "' " + score;
    }
}
