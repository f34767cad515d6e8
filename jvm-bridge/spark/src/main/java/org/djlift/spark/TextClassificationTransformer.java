package org.djlift.spark;

import com.google.gson.JsonObject;

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
import org.djlift.TaskBuilder;
import org.djlift.TextClassifier;
import org.djlift.data.LabelScore;
import org.djlift.data.TextPair;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A stage of Spark ML that adds a column with the labels of a column with texts, or of two columns with pairs: {@code
 * array<struct<label:string,score:float>>} by falling score, what {@code djlift predict} gives for the same archive of
 * text classification.
 *
 * <pre>{@code
 * Dataset<Row> found = new TextClassificationTransformer()
 *         .setInputCol("text")
 *         .setOutputCol("labels")
 *         .setArchive("/models/sentiment-1.0.0-fp32.zip")
 *         .transform(reviews);
 * }</pre>
 *
 * @serial exclude
 */
public final class TextClassificationTransformer extends TextTransformer<TextClassificationTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> pairCol = text("pairCol", "the column with second texts");
    private final IntParam topK = new IntParam(this, "topK", "most labels of a text; 0: all");
    private final Param<String> function = text("function", "what makes scores of logits: softmax, sigmoid or none");

    /** Makes a stage with a name of its own. */
    public TextClassificationTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public TextClassificationTransformer(String uid) {
        super(uid, "labels", "labels");
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<TextClassificationTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static TextClassificationTransformer load(String path) {
        return read().load(path);
    }

    /**
     * Returns the parameter for the column with second texts.
     *
     * @return the parameter: the column with second texts
     */
    public Param<String> pairCol() {
        return pairCol;
    }

    /**
     * Returns the parameter for most labels of a text; 0: all.
     *
     * @return the parameter: most labels of a text; 0: all
     */
    public IntParam topK() {
        return topK;
    }

    /**
     * Returns the parameter for what makes scores of logits: softmax, sigmoid or none.
     *
     * @return the parameter: what makes scores of logits: softmax, sigmoid or none
     */
    public Param<String> function() {
        return function;
    }

    /**
     * Sets the column with second texts, for models of pairs.
     *
     * @param value the name of a string column; a null in it is no second text
     * @return this stage
     */
    public TextClassificationTransformer setPairCol(String value) {
        return with(pairCol(), value);
    }

    /**
     * Returns the column with second texts.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getPairCol() {
        return getOrDefault(pairCol());
    }

    /**
     * Sets how many labels a text has.
     *
     * @param value most labels; 0 for all; the archive's unless set
     * @return this stage
     */
    public TextClassificationTransformer setTopK(int value) {
        return with(topK(), value);
    }

    /**
     * Returns how many labels a text has.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public int getTopK() {
        return number(topK);
    }

    /**
     * Sets what makes scores of logits.
     *
     * @param value {@code softmax}, {@code sigmoid} or {@code none}; the archive's unless set
     * @return this stage
     */
    public TextClassificationTransformer setFunction(String value) {
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

    @Override
    void checkTask() {
        ifSet(topK, 0);
        if (isDefined(function)) {
            oneOf(function, List.of("softmax", "sigmoid", "none"));
        }
    }

    @Override
    void checkInputs(StructType schema) {
        super.checkInputs(schema);
        if (isDefined(pairCol)) {
            Columns.texts(schema, pairCol.name(), getPairCol());
        }
    }

    @Override
    String[] inputs() {
        return isDefined(pairCol) ? new String[] {getInputCol(), getPairCol()} : super.inputs();
    }

    @Override
    DataType output() {
        return Columns.LABELS;
    }

    @Override
    Work<?> work(StructType schema) {
        JsonObject parameters = new JsonObject();
        put(parameters, "top_k", topK);
        put(parameters, "function_to_apply", function);
        int pair = isDefined(pairCol) ? place(schema, getPairCol()) : -1;
        return new Classify(parameters, place(schema, getInputCol()), pair);
    }

    /** What a task does. */
    private static final class Classify extends TaskWork<TextClassifier, TextPair, List<LabelScore>> {

        private static final long serialVersionUID = 1L;

        private final int text;
        /** Negative for none. */
        private final int pair;

        Classify(JsonObject parameters, int text, int pair) {
            super("text-classification", parameters);
            this.text = text;
            this.pair = pair;
        }

        @Override
        TaskBuilder<TextClassifier, TextPair> builder(Path archive) {
            return TextClassifier.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<TextPair>, List<LabelScore>>> stream(
                TextClassifier model,
                Iterator<Item<TextPair>> items,
                Function<? super Item<TextPair>, TextPair> input) {
            return model.classifyPairs(items, input);
        }

        @Override
        TextPair input(Row row) {
            String first = text(row, text);
            return first == null ? null : TextPair.of(first, pair < 0 ? null : text(row, pair));
        }

        @Override
        Object value(List<LabelScore> output) {
            return output.stream()
                    .map(one -> RowFactory.create(one.label(), one.score()))
                    .toArray(Row[]::new);
        }
    }
}
