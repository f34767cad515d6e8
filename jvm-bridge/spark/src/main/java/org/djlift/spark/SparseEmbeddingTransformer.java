package org.djlift.spark;

import com.google.gson.JsonObject;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.Outcome;
import org.djlift.SparseEncoder;
import org.djlift.TaskBuilder;
import org.djlift.data.TokenWeight;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A stage of Spark ML that adds a column with the weights of tokens of a column with texts: {@code
 * array<struct<token:string,id:int,weight:float>>} by falling weight, what {@code djlift predict} gives for the same
 * archive of sparse embedding.
 *
 * <pre>{@code
 * Dataset<Row> found = new SparseEmbeddingTransformer()
 *         .setInputCol("text")
 *         .setOutputCol("tokens")
 *         .setArchive("/models/splade-1.0.0-fp32.zip")
 *         .transform(articles);
 * }</pre>
 *
 * @serial exclude
 */
public final class SparseEmbeddingTransformer extends TextTransformer<SparseEmbeddingTransformer> {

    private static final long serialVersionUID = 1L;

    private final IntParam topK = new IntParam(this, "topK", "most tokens of a text; 0: all");

    /** Makes a stage with a name of its own. */
    public SparseEmbeddingTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public SparseEmbeddingTransformer(String uid) {
        super(uid, "tokens", "weights of tokens");
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<SparseEmbeddingTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static SparseEmbeddingTransformer load(String path) {
        return read().load(path);
    }

    /**
     * Returns the parameter for most tokens of a text; 0: all.
     *
     * @return the parameter: most tokens of a text; 0: all
     */
    public IntParam topK() {
        return topK;
    }

    /**
     * Sets how many tokens a text has.
     *
     * @param value most tokens; 0 for all; the archive's unless set
     * @return this stage
     */
    public SparseEmbeddingTransformer setTopK(int value) {
        return with(topK(), value);
    }

    /**
     * Returns how many tokens a text has.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public int getTopK() {
        return number(topK);
    }

    @Override
    void checkTask() {
        ifSet(topK, 0);
    }

    @Override
    DataType output() {
        return Columns.WEIGHTS;
    }

    @Override
    Work<?> work(StructType schema) {
        JsonObject parameters = new JsonObject();
        put(parameters, "top_k", topK);
        return new Encode(parameters, place(schema, getInputCol()));
    }

    /** What a task does. */
    private static final class Encode extends TaskWork<SparseEncoder, String, List<TokenWeight>> {

        private static final long serialVersionUID = 1L;

        private final int text;

        Encode(JsonObject parameters, int text) {
            super("sparse-embedding", parameters);
            this.text = text;
        }

        @Override
        TaskBuilder<SparseEncoder, String> builder(Path archive) {
            return SparseEncoder.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<String>, List<TokenWeight>>> stream(
                SparseEncoder model, Iterator<Item<String>> items, Function<? super Item<String>, String> input) {
            return model.encode(items, input);
        }

        @Override
        String input(Row row) {
            return text(row, text);
        }

        @Override
        Object value(List<TokenWeight> output) {
            return output.stream()
                    .map(one -> RowFactory.create(one.token(), one.id(), one.weight()))
                    .toArray(Row[]::new);
        }
    }
}
