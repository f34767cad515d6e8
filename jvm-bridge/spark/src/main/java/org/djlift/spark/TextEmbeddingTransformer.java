package org.djlift.spark;

import com.google.gson.JsonObject;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.Outcome;
import org.djlift.TaskBuilder;
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
public final class TextEmbeddingTransformer extends TextTransformer<TextEmbeddingTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> promptName = text("promptName", "the name of the prompt before each text");
    private final IntParam truncateDim =
            new IntParam(this, "truncateDim", "the numbers that a vector is cut to; 0: all");

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
        super(uid, "embedding", "vectors");
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

    /**
     * Returns the parameter for the name of the prompt before each text.
     *
     * @return the parameter: the name of the prompt before each text
     */
    public Param<String> promptName() {
        return promptName;
    }

    /**
     * Returns the parameter for the numbers that a vector is cut to; 0: all.
     *
     * @return the parameter: the numbers that a vector is cut to; 0: all
     */
    public IntParam truncateDim() {
        return truncateDim;
    }

    /**
     * Sets the prompt before each text.
     *
     * @param value the name of one of the model's prompts; the archive's unless set
     * @return this stage
     */
    public TextEmbeddingTransformer setPromptName(String value) {
        return with(promptName(), value);
    }

    /**
     * Returns the name of the prompt before each text.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getPromptName() {
        return getOrDefault(promptName());
    }

    /**
     * Sets how many numbers of a vector are kept.
     *
     * @param value a number, 0 for all; the archive's unless set
     * @return this stage
     */
    public TextEmbeddingTransformer setTruncateDim(int value) {
        return with(truncateDim(), value);
    }

    /**
     * Returns how many numbers of a vector are kept.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public int getTruncateDim() {
        return number(truncateDim);
    }

    @Override
    void checkTask() {
        ifSet(truncateDim, 0);
    }

    @Override
    DataType output() {
        return Columns.NUMBERS;
    }

    @Override
    Work<?> work(StructType schema) {
        JsonObject parameters = new JsonObject();
        put(parameters, "prompt_name", promptName);
        put(parameters, "truncate_dim", truncateDim);
        return new Embed(parameters, place(schema, getInputCol()));
    }

    /** What a task does. */
    private static final class Embed extends TaskWork<TextEmbedder, String, float[]> {

        private static final long serialVersionUID = 1L;

        private final int text;

        Embed(JsonObject parameters, int text) {
            super("text-embedding", parameters);
            this.text = text;
        }

        @Override
        TaskBuilder<TextEmbedder, String> builder(Path archive) {
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
