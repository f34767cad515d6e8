package org.djlift.spark;


import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.Outcome;
import org.djlift.ModelBuilder;
import org.djlift.EmbeddingOptions;
import org.djlift.TextEmbedder;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Function;

/**
 * A stage of Spark ML that adds a column with the vectors of a column with texts: {@code array<float>}, what {@code
 * djlift predict} gives for the same archive of text embedding.
 *
 * <pre>{@code
 * Dataset<Row> found = new TextEmbeddingTransformer()
 *         .setInputCol("text")
 *         .setOutputCol("embedding")
 *         .setArchive("/models/minilm-1.0.0-fp32.zip")
 *         .transform(articles);
 * }</pre>
 *
 * <p>Stages of Spark ML that want its vectors take {@code functions.array_to_vector(col("embedding"))}.
 *
 * @serial exclude
 */
public final class TextEmbeddingTransformer extends TextEmbeddingParams {

    private static final long serialVersionUID = 1L;

    /** Makes a stage with a name of its own. */
    public TextEmbeddingTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public TextEmbeddingTransformer(String uid) {
        super(uid);
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<TextEmbeddingTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static TextEmbeddingTransformer load(String path) {
        return read().load(path);
    }

    @Override
    DataType output() {
        return Columns.NUMBERS;
    }

    @Override
    TaskWork<?, ?, ?, ?> work(StructType schema) {
        return new Embed(options(), place(schema, inputCol()));
    }

    private EmbeddingOptions options() {
        EmbeddingOptions options = EmbeddingOptions.defaults();
        if (isDefined(truncateDim())) {
            options = getTruncateDim() == 0 ? options.fullDimension() : options.dimension(getTruncateDim());
        }
        return isDefined(promptName()) ? options.promptName(getPromptName()) : options;
    }

    /** What a task does. */
    private static final class Embed extends TaskWork<TextEmbedder, String, float[], EmbeddingOptions> {

        private static final long serialVersionUID = 1L;

        private final int text;

        Embed(EmbeddingOptions options, int text) {
            super("text-embedding", options);
            this.text = text;
        }

        @Override
        ModelBuilder<TextEmbedder, String, EmbeddingOptions> builder(Path archive) {
            return TextEmbedder.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<String>, float[]>> stream(
                TextEmbedder model, Iterator<Item<String>> items, Function<? super Item<String>, String> input) {
            return model.embed(items, input);
        }

        @Override
        String input(Row row) {
            return text(row, text);
        }

        @Override
        Object value(float[] output) {
            return numbers(output);
        }
    }
}
