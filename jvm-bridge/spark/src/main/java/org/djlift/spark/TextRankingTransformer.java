package org.djlift.spark;

import com.google.gson.JsonObject;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.CrossEncoder;
import org.djlift.Outcome;
import org.djlift.TaskBuilder;
import org.djlift.data.RankingInput;
import org.djlift.data.RankingOutput;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A stage of Spark ML that adds a column with the scores of pairs of a query and a text: {@code float}, or {@code
 * array<float>} for models of several scores, what {@code djlift predict} gives for the same archive of text ranking.
 *
 * <pre>{@code
 * Dataset<Row> found = new TextRankingTransformer()
 *         .setQueryCol("query")
 *         .setTextCol("passage")
 *         .setOutputCol("score")
 *         .setArchive("/models/reranker-1.0.0-fp32.zip")
 *         .transform(candidates);
 * }</pre>
 *
 * @serial exclude
 */
public final class TextRankingTransformer extends TaskTransformer<TextRankingTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> queryCol = text("queryCol", "the column with queries");
    private final Param<String> textCol = text("textCol", "the column with texts");
    private final Param<String> function = text("function", "what makes scores of logits: sigmoid or none");
    private final BooleanParam allScores =
            new BooleanParam(this, "allScores", "whether the output has a score for each label of the model");

    /** Makes a stage with a name of its own. */
    public TextRankingTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public TextRankingTransformer(String uid) {
        super(uid, "score", "scores");
        setDefault(queryCol, "query");
        setDefault(textCol, "text");
        setDefault(allScores, false);
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<TextRankingTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static TextRankingTransformer load(String path) {
        return read().load(path);
    }

    /**
     * Returns the parameter for the column with queries.
     *
     * @return the parameter: the column with queries
     */
    public Param<String> queryCol() {
        return queryCol;
    }

    /**
     * Returns the parameter for the column with texts.
     *
     * @return the parameter: the column with texts
     */
    public Param<String> textCol() {
        return textCol;
    }

    /**
     * Returns the parameter for what makes scores of logits: sigmoid or none.
     *
     * @return the parameter: what makes scores of logits: sigmoid or none
     */
    public Param<String> function() {
        return function;
    }

    /**
     * Returns the parameter for whether the output has a score for each label of the model.
     *
     * @return the parameter: whether the output has a score for each label of the model
     */
    public BooleanParam allScores() {
        return allScores;
    }

    /**
     * Sets the column with queries.
     *
     * @param value the name of a string column; {@code query} unless set
     * @return this stage
     */
    public TextRankingTransformer setQueryCol(String value) {
        return with(queryCol(), value);
    }

    /**
     * Returns the column with queries.
     *
     * @return what was set, or the default
     */
    public String getQueryCol() {
        return getOrDefault(queryCol());
    }

    /**
     * Sets the column with texts.
     *
     * @param value the name of a string column; {@code text} unless set
     * @return this stage
     */
    public TextRankingTransformer setTextCol(String value) {
        return with(textCol(), value);
    }

    /**
     * Returns the column with texts.
     *
     * @return what was set, or the default
     */
    public String getTextCol() {
        return getOrDefault(textCol());
    }

    /**
     * Sets what makes scores of logits.
     *
     * @param value {@code sigmoid} or {@code none}; the archive's unless set
     * @return this stage
     */
    public TextRankingTransformer setFunction(String value) {
        return with(function(), value);
    }

    /**
     * Returns what makes scores of logits.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getFunction() {
        return getOrDefault(function());
    }

    /**
     * Sets whether the output has a score for each label of the model.
     *
     * @param value true: {@code array<float>}; false (unless set): {@code float}, of models with one label
     * @return this stage
     */
    public TextRankingTransformer setAllScores(boolean value) {
        return with(allScores(), value);
    }

    /**
     * Returns whether the output has a score for each label of the model.
     *
     * @return what was set, or the default
     */
    public boolean getAllScores() {
        return (Boolean) getOrDefault(allScores);
    }

    @Override
    void checkTask() {
        if (isDefined(function)) {
            oneOf(function, List.of("sigmoid", "none"));
        }
    }

    @Override
    void checkInputs(StructType schema) {
        Columns.texts(schema, queryCol.name(), getQueryCol());
        Columns.texts(schema, textCol.name(), getTextCol());
    }

    @Override
    String[] inputs() {
        return new String[] {getQueryCol(), getTextCol()};
    }

    @Override
    DataType output() {
        return getAllScores() ? Columns.NUMBERS : Columns.SCORE;
    }

    @Override
    Work<?> work(StructType schema) {
        JsonObject parameters = new JsonObject();
        put(parameters, "function_to_apply", function);
        return new Score(parameters, place(schema, getQueryCol()), place(schema, getTextCol()), getAllScores());
    }

    /** What a task does. */
    private static final class Score extends TaskWork<CrossEncoder, RankingInput, RankingOutput> {

        private static final long serialVersionUID = 1L;

        private final int query;
        private final int text;
        private final boolean all;

        Score(JsonObject parameters, int query, int text, boolean all) {
            super("text-ranking", parameters);
            this.query = query;
            this.text = text;
            this.all = all;
        }

        @Override
        TaskBuilder<CrossEncoder, RankingInput> builder(Path archive) {
            return CrossEncoder.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<RankingInput>, RankingOutput>> stream(
                CrossEncoder model,
                Iterator<Item<RankingInput>> items,
                Function<? super Item<RankingInput>, RankingInput> input) {
            if (!all && model.labels() != 1) {
                throw new IllegalArgumentException(
                        "allScores: expected true with a model of " + model.labels() + " scores, found false");
            }
            return model.run(items, input);
        }

        @Override
        RankingInput input(Row row) {
            String asked = text(row, query);
            String found = text(row, text);
            return asked == null || found == null ? null : RankingInput.pair(asked, found);
        }

        @Override
        Object value(RankingOutput output) {
            Float[] scores = numbers(output.scores());
            return all ? scores : scores[0];
        }
    }
}
