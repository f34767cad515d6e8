package org.djlift.spark;


import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.Outcome;
import org.djlift.ModelBuilder;
import org.djlift.ZeroShotOptions;
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
public final class ZeroShotClassificationTransformer extends ZeroShotClassificationParams {

    private static final long serialVersionUID = 1L;

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
        super(uid);
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

    @Override
    void check() {
        super.check();
        if (isDefined(labels()) && isDefined(labelsCol())) {
            throw new IllegalArgumentException("labelsCol: expected none beside labels, found " + getLabelsCol());
        }
        if (isDefined(hypothesisTemplate())) {
            try {
                ZeroShotInput.of("").withTemplate(getHypothesisTemplate());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("hypothesisTemplate: " + e.getMessage(), e);
            }
        }
    }

    @Override
    DataType output() {
        return Columns.LABELS;
    }

    @Override
    TaskWork<?, ?, ?, ?> work(StructType schema) {
        return new Classify(options(), place(schema, inputCol()), optional(labels()), place(schema, labelsCol()));
    }

    private ZeroShotOptions options() {
        ZeroShotOptions options = ZeroShotOptions.defaults();
        if (isDefined(hypothesisTemplate())) {
            options = options.template(getHypothesisTemplate());
        }
        return isDefined(multiLabel()) ? options.multiLabel(getMultiLabel()) : options;
    }

    /** What a task does. */
    private static final class Classify
            extends TaskWork<ZeroShotClassifier, ZeroShotInput, ZeroShotResult, ZeroShotOptions> {

        private static final long serialVersionUID = 1L;

        private final int text;
        /** Null for those of the column or the archive. */
        private final String[] labels;
        /** Negative for none. */
        private final int column;

        Classify(ZeroShotOptions options, int text, String[] labels, int column) {
            super("zero-shot-classification", options);
            this.text = text;
            this.labels = labels;
            this.column = column;
        }

        @Override
        ModelBuilder<ZeroShotClassifier, ZeroShotInput, ZeroShotOptions> builder(Path archive) {
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
