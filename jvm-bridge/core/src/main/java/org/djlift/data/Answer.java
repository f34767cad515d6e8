package org.djlift.data;

import java.util.Objects;

/**
 * An answer: a part of the context.
 *
 * <p>Its place is known in both units: {@link #start()} and {@link #end()} count UTF-16 units and fit {@link
 * String#substring(int, int)}; {@link #codePointStart()} and {@link #codePointEnd()} count code points, as Hugging Face
 * does. They differ only after characters beyond the Basic Multilingual Plane, such as most emoji.
 */
public final class Answer {

    private final String text;
    private final double score;
    private final int start;
    private final int end;
    private final int codePointStart;
    private final int codePointEnd;

    /**
     * Makes an answer.
     *
     * @param text the part of the context
     * @param score its score
     * @param start first UTF-16 unit in the context
     * @param end UTF-16 unit after the last
     * @param codePointStart first code point in the context
     * @param codePointEnd code point after the last
     */
    public Answer(String text, double score, int start, int end, int codePointStart, int codePointEnd) {
        this.text = Objects.requireNonNull(text, "text");
        this.score = score;
        this.start = start;
        this.end = end;
        this.codePointStart = codePointStart;
        this.codePointEnd = codePointEnd;
    }

    /**
     * Returns the answer.
     *
     * @return a part of the context; empty for "there is no answer"
     */
    public String text() {
        return text;
    }

    /**
     * Returns the score. An answer that stands in several windows of a long context, or several times in it, has the
     * sum of their scores: it may be more than 1, as in Hugging Face.
     *
     * @return the score, from 0
     */
    public double score() {
        return score;
    }

    /**
     * Returns whether this says that the context has no answer.
     *
     * @return true if the text is empty
     */
    public boolean isNone() {
        return text.isEmpty();
    }

    /**
     * Returns where the answer starts.
     *
     * @return the first UTF-16 unit; 0 if there is no answer
     */
    public int start() {
        return start;
    }

    /**
     * Returns where the answer ends.
     *
     * @return the UTF-16 unit after the last
     */
    public int end() {
        return end;
    }

    /**
     * Returns where the answer starts, in the unit of Hugging Face.
     *
     * @return the first code point
     */
    public int codePointStart() {
        return codePointStart;
    }

    /**
     * Returns where the answer ends, in the unit of Hugging Face.
     *
     * @return the code point after the last
     */
    public int codePointEnd() {
        return codePointEnd;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Answer)) {
            return false;
        }
        Answer that = (Answer) other;
        return text.equals(that.text)
                && Double.compare(score, that.score) == 0
                && start == that.start
                && end == that.end
                && codePointStart == that.codePointStart
                && codePointEnd == that.codePointEnd;
    }

    @Override
    public int hashCode() {
        return Objects.hash(text, score, start, end, codePointStart, codePointEnd);
    }

    @Override
    public String toString() {
        return "[" + start + ", " + end + ") '" + text + "' " + score;
    }
}
