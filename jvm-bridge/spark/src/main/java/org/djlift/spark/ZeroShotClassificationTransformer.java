package org.djlift.spark;

import com.google.gson.JsonObject;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.Outcome;
import org.djlift.TaskBuilder;
import org.djlift.ZeroShotClassifier;
import org.djlift.data.ZeroShotInput;
import org.djlift.data.ZeroShotResult;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * A stage of Spark ML that adds a column with the scores of labels for a column with texts, whatever the labels: {@code
 * array<struct<label:string,score:float>>} by falling score, what {@code djlift predict} gives for the same archive of
 * zero-shot classification.
 *
 * <pre>{@code
 * Dataset<Row> found = new ZeroShotClassificationTransformer()
 *         .setInputCol("text")
 *         .setLabels("sport", "politics")
 *         .setOutputCol("labels")
 *         .setArchive("/models/nli-1.0.0-fp32.zip")
 *         .transform(articles);
 * }</pre>
 *
 * @serial exclude
 */
public final class ZeroShotClassificationTransformer extends TextTransformer<ZeroShotClassificationTransformer> {

    private static final long serialVersionUID = 1L;

    private final StringArrayParam labels = new StringArrayParam(this, "labels", "the labels to choose from");
    private final Param<String> labelsCol = text("labelsCol", "the column with the labels of each text");
    private final Param<String> hypothesisTemplate =
            text("hypothesisTemplate", "a text with {} where the label goes");
    private final BooleanParam multiLabel =
            new BooleanParam(this, "multiLabel", "whether any number of labels may be true of a text");

    /** Makes a stage with a name of its own. */
    public ZeroShotClassificationTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public ZeroShotClassificationTransformer(String uid) {
        super(uid, "labels", "labels");
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<ZeroShotClassificationTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static ZeroShotClassificationTransformer load(String path) {
        return read().load(path);
    }

    /**
     * Returns the parameter for the labels to choose from.
     *
     * @return the parameter: the labels to choose from
     */
    public StringArrayParam labels() {
        return labels;
    }

    /**
     * Returns the parameter for the column with the labels of each text.
     *
     * @return the parameter: the column with the labels of each text
     */
    public Param<String> labelsCol() {
        return labelsCol;
    }

    /**
     * Returns the parameter for a text with {@code {}} where the label goes.
     *
     * @return the parameter: a text with {@code {}} where the label goes
     */
    public Param<String> hypothesisTemplate() {
        return hypothesisTemplate;
    }

    /**
     * Returns the parameter for whether any number of labels may be true of a text.
     *
     * @return the parameter: whether any number of labels may be true of a text
     */
    public BooleanParam multiLabel() {
        return multiLabel;
    }

    /**
     * Sets the labels to choose from.
     *
     * @param value at least one; the archive's unless set
     * @return this stage
     */
    public ZeroShotClassificationTransformer setLabels(String... value) {
        return with(labels, value);
    }

    /**
     * Returns the labels to choose from.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String[] getLabels() {
        return getOrDefault(labels);
    }

    /**
     * Sets the column with the labels of each text, in the place of the same labels for all.
     *
     * @param value the name of a column of type {@code array<string>}
     * @return this stage
     */
    public ZeroShotClassificationTransformer setLabelsCol(String value) {
        return with(labelsCol(), value);
    }

    /**
     * Returns the column with the labels of each text.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getLabelsCol() {
        return getOrDefault(labelsCol());
    }

    /**
     * Sets what is said of a text for each label.
     *
     * @param value a text with {@code {}} where the label goes; the archive's unless set
     * @return this stage
     */
    public ZeroShotClassificationTransformer setHypothesisTemplate(String value) {
        return with(hypothesisTemplate(), value);
    }

    /**
     * Returns what is said of a text for each label.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getHypothesisTemplate() {
        return getOrDefault(hypothesisTemplate());
    }

    /**
     * Sets whether any number of labels may be true of a text.
     *
     * @param value false: one of them is; the archive's unless set
     * @return this stage
     */
    public ZeroShotClassificationTransformer setMultiLabel(boolean value) {
        return with(multiLabel(), value);
    }

    /**
     * Returns whether any number of labels may be true of a text.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public boolean getMultiLabel() {
        return (Boolean) getOrDefault(multiLabel);
    }

    @Override
    void checkTask() {
        if (isDefined(labels) && isDefined(labelsCol)) {
            throw new IllegalArgumentException("labelsCol: expected none beside labels, found " + getLabelsCol());
        }
        if (isDefined(labels) && getLabels().length == 0) {
            throw new IllegalArgumentException("labels: expected at least one, found none");
        }
        if (isDefined(hypothesisTemplate)) {
            try {
                ZeroShotInput.of("").withTemplate(getHypothesisTemplate());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("hypothesisTemplate: " + e.getMessage(), e);
            }
        }
    }

    @Override
    void checkInputs(StructType schema) {
        super.checkInputs(schema);
        if (isDefined(labelsCol)) {
            Columns.lists(schema, labelsCol.name(), getLabelsCol());
        }
    }

    @Override
    String[] inputs() {
        return isDefined(labelsCol) ? new String[] {getInputCol(), getLabelsCol()} : super.inputs();
    }

    @Override
    DataType output() {
        return Columns.LABELS;
    }

    @Override
    Work<?> work(StructType schema) {
        JsonObject parameters = new JsonObject();
        put(parameters, "hypothesis_template", hypothesisTemplate);
        if (isDefined(multiLabel)) {
            parameters.addProperty("multi_label", getMultiLabel());
        }
        int column = isDefined(labelsCol) ? place(schema, getLabelsCol()) : -1;
        return new Classify(parameters, place(schema, getInputCol()), optional(labels), column);
    }

    /** What a task does. */
    private static final class Classify extends TaskWork<ZeroShotClassifier, ZeroShotInput, ZeroShotResult> {

        private static final long serialVersionUID = 1L;

        private final int text;
        /** Null for those of the column or the archive. */
        private final String[] labels;
        /** Negative for none. */
        private final int column;

        Classify(JsonObject parameters, int text, String[] labels, int column) {
            super("zero-shot-classification", parameters);
            this.text = text;
            this.labels = labels;
            this.column = column;
        }

        @Override
        TaskBuilder<ZeroShotClassifier, ZeroShotInput> builder(Path archive) {
            return ZeroShotClassifier.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<ZeroShotInput>, ZeroShotResult>> stream(
                ZeroShotClassifier model,
                Iterator<Item<ZeroShotInput>> items,
                Function<? super Item<ZeroShotInput>, ZeroShotInput> input) {
            return model.classifyInputs(items, input);
        }

        @Override
        ZeroShotInput input(Row row) {
            String given = text(row, text);
            if (given == null || (column >= 0 && row.isNullAt(column))) {
                return null;
            }
            if (column < 0) {
                return labels == null ? ZeroShotInput.of(given) : ZeroShotInput.of(given, List.of(labels));
            }
            List<String> own = row.getList(column);
            if (own.contains(null)) {
                throw new IllegalArgumentException("labels must not be null");
            }
            return ZeroShotInput.of(given, own);
        }

        @Override
        Object value(ZeroShotResult output) {
            float[] scores = output.scores();
            return IntStream.range(0, scores.length)
                    .mapToObj(i -> RowFactory.create(output.labels().get(i), scores[i]))
                    .toArray(Row[]::new);
        }
    }
}
