// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link QuestionAnsweringTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class QuestionAnsweringParams extends TaskTransformer<QuestionAnsweringTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> offsets = new Param<>(
            this, "offsets", "the unit of start and end (utf16 or codepoints); start is 0-based and end is exclusive; "
                    + "UTF-16 units fit substring of Java and Scala; code points fit Python and Spark SQL, there as"
                    + " substring(text, e.start + 1, e.end - e.start); the default differs, it is utf16 in Java and"
                    + " Scala and codepoints in PySpark");
    private final Param<String> questionCol = new Param<>(
            this, "questionCol", "the column with questions; the name of a string column");
    private final Param<String> contextCol = new Param<>(
            this, "contextCol", "the column with contexts; the name of a string column");
    private final IntParam topK = new IntParam(
            this, "topK", "the most answers to a question; unset: the archive's value");
    private final IntParam maxAnswerLength = new IntParam(
            this, "maxAnswerLength", "the most tokens of an answer; unset: the archive's value");
    private final IntParam stride = new IntParam(
            this, "stride", "the tokens that the windows of a long context share; unset: the archive's value");
    private final BooleanParam noAnswer = new BooleanParam(
            this, "noAnswer", "whether a context may have no answer; unset: the archive's value");

    QuestionAnsweringParams(String uid) {
        super(uid, "answers");
        setDefault(offsets, "utf16");
        setDefault(questionCol, "question");
        setDefault(contextCol, "context");
    }

    @Override
    final void checkInputs(StructType schema) {
        text(schema, questionCol);
        text(schema, contextCol);
    }

    @Override
    final String[] inputs() {
        return names(List.of(questionCol, contextCol));
    }

    @Override
    void check() {
        super.check();
        oneOf(offsets, "utf16", "codepoints");
        atLeast(topK, 1);
        atLeast(maxAnswerLength, 1);
        atLeast(stride, 0);
    }

    /**
     * Returns the parameter for the unit of {@code start} and {@code end}.
     *
     * @return the parameter
     */
    public final Param<String> offsets() {
        return offsets;
    }

    /**
     * Sets the unit of {@code start} and {@code end}.
     *
     * @param value {@code utf16} or {@code codepoints}; {@code start} is 0-based and {@code end} is exclusive; UTF-16
     *     units fit {@code substring} of Java and Scala; code points fit Python and Spark SQL, there as {@code
     *     substring(text, e.start + 1, e.end - e.start)}; the default differs, it is {@code utf16} in Java and Scala
     *     and {@code codepoints} in PySpark; {@code utf16} unless set
     * @return this stage
     */
    public final QuestionAnsweringTransformer setOffsets(String value) {
        return with(offsets, value);
    }

    /**
     * Returns the unit of {@code start} and {@code end}.
     *
     * @return what was set, or the default
     */
    public final String getOffsets() {
        return getOrDefault(offsets);
    }

    /**
     * Returns the parameter for the column with questions.
     *
     * @return the parameter
     */
    public final Param<String> questionCol() {
        return questionCol;
    }

    /**
     * Sets the column with questions.
     *
     * @param value the name of a string column; {@code question} unless set
     * @return this stage
     */
    public final QuestionAnsweringTransformer setQuestionCol(String value) {
        return with(questionCol, value);
    }

    /**
     * Returns the column with questions.
     *
     * @return what was set, or the default
     */
    public final String getQuestionCol() {
        return getOrDefault(questionCol);
    }

    /**
     * Returns the parameter for the column with contexts.
     *
     * @return the parameter
     */
    public final Param<String> contextCol() {
        return contextCol;
    }

    /**
     * Sets the column with contexts.
     *
     * @param value the name of a string column; {@code context} unless set
     * @return this stage
     */
    public final QuestionAnsweringTransformer setContextCol(String value) {
        return with(contextCol, value);
    }

    /**
     * Returns the column with contexts.
     *
     * @return what was set, or the default
     */
    public final String getContextCol() {
        return getOrDefault(contextCol);
    }

    /**
     * Returns the parameter for the most answers to a question.
     *
     * @return the parameter
     */
    public final IntParam topK() {
        return topK;
    }

    /**
     * Sets the most answers to a question.
     *
     * @param value a number; the archive's value unless set
     * @return this stage
     */
    public final QuestionAnsweringTransformer setTopK(int value) {
        return with(topK, value);
    }

    /**
     * Returns the most answers to a question.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final int getTopK() {
        return number(topK);
    }

    /**
     * Returns the parameter for the most tokens of an answer.
     *
     * @return the parameter
     */
    public final IntParam maxAnswerLength() {
        return maxAnswerLength;
    }

    /**
     * Sets the most tokens of an answer.
     *
     * @param value a number; the archive's value unless set
     * @return this stage
     */
    public final QuestionAnsweringTransformer setMaxAnswerLength(int value) {
        return with(maxAnswerLength, value);
    }

    /**
     * Returns the most tokens of an answer.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final int getMaxAnswerLength() {
        return number(maxAnswerLength);
    }

    /**
     * Returns the parameter for the tokens that the windows of a long context share.
     *
     * @return the parameter
     */
    public final IntParam stride() {
        return stride;
    }

    /**
     * Sets the tokens that the windows of a long context share.
     *
     * @param value a number; the archive's value unless set
     * @return this stage
     */
    public final QuestionAnsweringTransformer setStride(int value) {
        return with(stride, value);
    }

    /**
     * Returns the tokens that the windows of a long context share.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final int getStride() {
        return number(stride);
    }

    /**
     * Returns the parameter that says whether a context may have no answer.
     *
     * @return the parameter
     */
    public final BooleanParam noAnswer() {
        return noAnswer;
    }

    /**
     * Sets whether a context may have no answer.
     *
     * @param value whether it is so; the archive's value unless set
     * @return this stage
     */
    public final QuestionAnsweringTransformer setNoAnswer(boolean value) {
        return with(noAnswer, value);
    }

    /**
     * Returns whether a context may have no answer.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final boolean getNoAnswer() {
        return (Boolean) getOrDefault(noAnswer);
    }
}
