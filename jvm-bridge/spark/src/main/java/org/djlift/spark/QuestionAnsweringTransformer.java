package org.djlift.spark;

import com.google.gson.JsonObject;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.Outcome;
import org.djlift.QuestionAnswerer;
import org.djlift.TaskBuilder;
import org.djlift.data.Answer;
import org.djlift.data.Question;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A stage of Spark ML that adds a column with the answers to questions that contexts give: {@code
 * array<struct<answer:string,score:double,start:int,end:int>>} by falling score, what {@code djlift predict} gives for
 * the same archive of question answering. An empty answer says that there is none.
 *
 * <pre>{@code
 * Dataset<Row> found = new QuestionAnsweringTransformer()
 *         .setQuestionCol("question")
 *         .setContextCol("passage")
 *         .setOutputCol("answers")
 *         .setArchive("/models/squad-1.0.0-fp32.zip")
 *         .transform(passages);
 * }</pre>
 *
 * @serial exclude
 */
public final class QuestionAnsweringTransformer extends TaskTransformer<QuestionAnsweringTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> questionCol = text("questionCol", "the column with questions");
    private final Param<String> contextCol = text("contextCol", "the column with contexts");
    private final IntParam topK = new IntParam(this, "topK", "most answers to a question");
    private final IntParam maxAnswerLength = new IntParam(this, "maxAnswerLength", "most tokens of an answer");
    private final IntParam stride =
            new IntParam(this, "stride", "tokens that overlap between the windows of a long context");
    private final BooleanParam noAnswer =
            new BooleanParam(this, "noAnswer", "whether a context may have no answer");
    private final Param<String> offsets = text("offsets", "the unit of start and end: utf16 or codepoints");

    /** Makes a stage with a name of its own. */
    public QuestionAnsweringTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public QuestionAnsweringTransformer(String uid) {
        super(uid, "answers", "answers");
        setDefault(questionCol, "question");
        setDefault(contextCol, "context");
        setDefault(offsets, UTF16);
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<QuestionAnsweringTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static QuestionAnsweringTransformer load(String path) {
        return read().load(path);
    }

    /**
     * Returns the parameter for the column with questions.
     *
     * @return the parameter: the column with questions
     */
    public Param<String> questionCol() {
        return questionCol;
    }

    /**
     * Returns the parameter for the column with contexts.
     *
     * @return the parameter: the column with contexts
     */
    public Param<String> contextCol() {
        return contextCol;
    }

    /**
     * Returns the parameter for most answers to a question.
     *
     * @return the parameter: most answers to a question
     */
    public IntParam topK() {
        return topK;
    }

    /**
     * Returns the parameter for most tokens of an answer.
     *
     * @return the parameter: most tokens of an answer
     */
    public IntParam maxAnswerLength() {
        return maxAnswerLength;
    }

    /**
     * Returns the parameter for tokens that overlap between the windows of a long context.
     *
     * @return the parameter: tokens that overlap between the windows of a long context
     */
    public IntParam stride() {
        return stride;
    }

    /**
     * Returns the parameter for whether a context may have no answer.
     *
     * @return the parameter: whether a context may have no answer
     */
    public BooleanParam noAnswer() {
        return noAnswer;
    }

    /**
     * Returns the parameter for the unit of start and end: utf16 or codepoints.
     *
     * @return the parameter: the unit of start and end: utf16 or codepoints
     */
    public Param<String> offsets() {
        return offsets;
    }

    /**
     * Sets the column with questions.
     *
     * @param value the name of a string column; {@code question} unless set
     * @return this stage
     */
    public QuestionAnsweringTransformer setQuestionCol(String value) {
        return with(questionCol, value);
    }

    /**
     * Returns the column with questions.
     *
     * @return what was set, or the default
     */
    public String getQuestionCol() {
        return getOrDefault(questionCol);
    }

    /**
     * Sets the column with contexts.
     *
     * @param value the name of a string column; {@code context} unless set
     * @return this stage
     */
    public QuestionAnsweringTransformer setContextCol(String value) {
        return with(contextCol, value);
    }

    /**
     * Returns the column with contexts.
     *
     * @return what was set, or the default
     */
    public String getContextCol() {
        return getOrDefault(contextCol);
    }

    /**
     * Sets how many answers a question has.
     *
     * @param value most answers; the archive's unless set
     * @return this stage
     */
    public QuestionAnsweringTransformer setTopK(int value) {
        return with(topK, value);
    }

    /**
     * Returns how many answers a question has.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public int getTopK() {
        return number(topK);
    }

    /**
     * Sets how long an answer may be.
     *
     * @param value most tokens; the archive's unless set
     * @return this stage
     */
    public QuestionAnsweringTransformer setMaxAnswerLength(int value) {
        return with(maxAnswerLength, value);
    }

    /**
     * Returns how long an answer may be.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public int getMaxAnswerLength() {
        return number(maxAnswerLength);
    }

    /**
     * Sets how much the windows of a long context overlap.
     *
     * @param value tokens; the archive's unless set
     * @return this stage
     */
    public QuestionAnsweringTransformer setStride(int value) {
        return with(stride, value);
    }

    /**
     * Returns how much the windows of a long context overlap.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public int getStride() {
        return number(stride);
    }

    /**
     * Sets whether a context may have no answer.
     *
     * @param value whether it may; the archive's unless set
     * @return this stage
     */
    public QuestionAnsweringTransformer setNoAnswer(boolean value) {
        return with(noAnswer, value);
    }

    /**
     * Returns whether a context may have no answer.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public boolean getNoAnswer() {
        return (Boolean) getOrDefault(noAnswer);
    }

    /**
     * Sets the unit of {@code start} and {@code end}.
     *
     * @param value {@code utf16} (unless set), which fits Java's and Scala's {@code substring}, or {@code codepoints},
     *     which fits Spark SQL's {@code substring} and Python
     * @return this stage
     */
    public QuestionAnsweringTransformer setOffsets(String value) {
        return with(offsets, value);
    }

    /**
     * Returns the unit of {@code start} and {@code end}.
     *
     * @return what was set, or the default
     */
    public String getOffsets() {
        return getOrDefault(offsets);
    }

    @Override
    void checkTask() {
        ifSet(topK, 1);
        ifSet(maxAnswerLength, 1);
        ifSet(stride, 0);
        oneOf(offsets, List.of(UTF16, CODE_POINTS));
    }

    @Override
    void checkInputs(StructType schema) {
        Columns.texts(schema, questionCol.name(), getQuestionCol());
        Columns.texts(schema, contextCol.name(), getContextCol());
    }

    @Override
    String[] inputs() {
        return new String[] {getQuestionCol(), getContextCol()};
    }

    @Override
    DataType output() {
        return Columns.ANSWERS;
    }

    @Override
    Work<?> work(StructType schema) {
        JsonObject parameters = new JsonObject();
        put(parameters, "top_k", topK);
        put(parameters, "max_answer_len", maxAnswerLength);
        if (isDefined(stride)) {
            parameters.addProperty("doc_stride", getStride());
        }
        if (isDefined(noAnswer)) {
            parameters.addProperty("handle_impossible_answer", getNoAnswer());
        }
        boolean codePoints = getOffsets().equals(CODE_POINTS);
        return new Ask(parameters, place(schema, getQuestionCol()), place(schema, getContextCol()), codePoints);
    }

    /** What a task does. */
    private static final class Ask extends TaskWork<QuestionAnswerer, Question, List<Answer>> {

        private static final long serialVersionUID = 1L;

        private final int question;
        private final int context;
        private final boolean codePoints;

        Ask(JsonObject parameters, int question, int context, boolean codePoints) {
            super("question-answering", parameters);
            this.question = question;
            this.context = context;
            this.codePoints = codePoints;
        }

        @Override
        TaskBuilder<QuestionAnswerer, Question> builder(Path archive) {
            return QuestionAnswerer.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<Question>, List<Answer>>> stream(
                QuestionAnswerer model,
                Iterator<Item<Question>> items,
                Function<? super Item<Question>, Question> input) {
            return model.answer(items, input);
        }

        @Override
        Question input(Row row) {
            String asked = text(row, question);
            String of = text(row, context);
            return asked == null || of == null ? null : Question.of(asked, of);
        }

        @Override
        Object value(List<Answer> output) {
            return output.stream().map(this::struct).toArray(Row[]::new);
        }

        private Row struct(Answer one) {
            return RowFactory.create(
                    one.text(),
                    one.score(),
                    codePoints ? one.codePointStart() : one.start(),
                    codePoints ? one.codePointEnd() : one.end());
        }
    }
}
