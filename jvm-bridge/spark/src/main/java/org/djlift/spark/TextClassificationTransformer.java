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
import org.djlift.ClassificationOptions;
import org.djlift.TextClassifier;
import org.djlift.data.LabelScore;
import org.djlift.data.ScoreFunction;
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
public final class TextClassificationTransformer extends TextClassificationParams {

    private static final long serialVersionUID = 1L;

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
        super(uid);
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

    @Override
    DataType output() {
        return Columns.LABELS;
    }

    @Override
    TaskWork<?, ?, ?, ?> work(StructType schema) {
        return new Classify(options(), place(schema, inputCol()), place(schema, pairCol()));
    }

    private ClassificationOptions options() {
        ClassificationOptions options = ClassificationOptions.defaults();
        if (isDefined(topK())) {
            options = getTopK() == 0 ? options.allLabels() : options.topK(getTopK());
        }
        return isDefined(function()) ? options.function(ScoreFunction.of(getFunction())) : options;
    }

    /** What a task does. */
    private static final class Classify
            extends TaskWork<TextClassifier, TextPair, List<LabelScore>, ClassificationOptions> {

        private static final long serialVersionUID = 1L;

        private final int text;
        /** Negative for none. */
        private final int pair;

        Classify(ClassificationOptions options, int text, int pair) {
            super("text-classification", options);
            this.text = text;
            this.pair = pair;
        }

        @Override
        ModelBuilder<TextClassifier, TextPair, ClassificationOptions> builder(Path archive) {
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
