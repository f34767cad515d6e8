package org.djlift;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.QuestionTask;

import java.math.BigInteger;

/**
 * Options of a call of a {@link QuestionAnswerer}. What the options of a call do not set is as
 * {@link ModelBuilder#options} set it, and else as the archive says. Immutable: each method returns new options.
 */
public final class AnswerOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private AnswerOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that set nothing. A call with them does what {@link ModelBuilder#options} set, and else what the
     * archive says.
     *
     * @return the empty options
     */
    public static AnswerOptions defaults() {
        return new AnswerOptions(Parameters.none());
    }

    /**
     * Sets how many answers are given, those of the highest scores.
     *
     * @param answers most answers
     * @return the options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public AnswerOptions topK(int answers) {
        return number(QuestionTask.TOP_K, "topK", answers, 1);
    }

    /**
     * Sets the length of the windows that a long context is cut into, the question and special tokens included.
     *
     * @param tokens tokens of a window; by default the model's limit, at most 384
     * @return the options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public AnswerOptions windowLength(int tokens) {
        return number(QuestionTask.MAX_SEQ_LEN, "windowLength", tokens, 1);
    }

    /**
     * Sets how many tokens of the context neighbouring windows share.
     *
     * @param tokens tokens in common; by default half a window, at most 128
     * @return the options with it
     * @throws IllegalArgumentException if it is negative
     */
    public AnswerOptions stride(int tokens) {
        return number(QuestionTask.DOC_STRIDE, "stride", tokens, 0);
    }

    /**
     * Sets the length of the longest answer.
     *
     * @param tokens tokens of an answer, at most
     * @return the options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public AnswerOptions longestAnswer(int tokens) {
        return number(QuestionTask.MAX_ANSWER_LEN, "longestAnswer", tokens, 1);
    }

    /**
     * Sets whether "there is no answer" is an answer too, for models that were trained with such questions.
     *
     * @param allowed whether it is
     * @return the options with it
     */
    public AnswerOptions noAnswer(boolean allowed) {
        return new AnswerOptions(parameters.with(QuestionTask.IMPOSSIBLE, allowed));
    }

    /**
     * Sets whether answers are whole words.
     *
     * @param whole whether an answer goes to the ends of its words, or is cut between tokens
     * @return the options with it
     */
    public AnswerOptions wholeWords(boolean whole) {
        return new AnswerOptions(parameters.with(QuestionTask.ALIGN, whole));
    }

    private AnswerOptions number(String key, String name, int value, int least) {
        return new AnswerOptions(parameters.with(key, BigInteger.valueOf(atLeast(least, name, value))));
    }
}
