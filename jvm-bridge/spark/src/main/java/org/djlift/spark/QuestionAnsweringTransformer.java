package org.djlift.spark;


import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.Outcome;
import org.djlift.QuestionAnswerer;
import org.djlift.ModelBuilder;
import org.djlift.AnswerOptions;
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
public final class QuestionAnsweringTransformer extends QuestionAnsweringParams {

    private static final long serialVersionUID = 1L;

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
        super(uid);
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

    @Override
    DataType output() {
        return Columns.ANSWERS;
    }

    @Override
    TaskWork<?, ?, ?, ?> work(StructType schema) {
        boolean codePoints = getOffsets().equals(CODE_POINTS);
        return new Ask(options(), place(schema, questionCol()), place(schema, contextCol()), codePoints);
    }

    private AnswerOptions options() {
        AnswerOptions options = AnswerOptions.defaults();
        if (isDefined(topK())) {
            options = options.topK(getTopK());
        }
        if (isDefined(maxAnswerLength())) {
            options = options.longestAnswer(getMaxAnswerLength());
        }
        if (isDefined(stride())) {
            options = options.stride(getStride());
        }
        return isDefined(noAnswer()) ? options.noAnswer(getNoAnswer()) : options;
    }

    /** What a task does. */
    private static final class Ask extends TaskWork<QuestionAnswerer, Question, List<Answer>, AnswerOptions> {

        private static final long serialVersionUID = 1L;

        private final int question;
        private final int context;
        private final boolean codePoints;

        Ask(AnswerOptions options, int question, int context, boolean codePoints) {
            super("question-answering", options);
            this.question = question;
            this.context = context;
            this.codePoints = codePoints;
        }

        @Override
        ModelBuilder<QuestionAnswerer, Question, AnswerOptions> builder(Path archive) {
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
