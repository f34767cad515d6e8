package org.djlift.spark;


import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.Outcome;
import org.djlift.SparseEncoder;
import org.djlift.ModelBuilder;
import org.djlift.SparseOptions;
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
public final class SparseEmbeddingTransformer extends SparseEmbeddingParams {

    private static final long serialVersionUID = 1L;

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
        super(uid);
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

    @Override
    DataType output() {
        return Columns.WEIGHTS;
    }

    @Override
    TaskWork<?, ?, ?, ?> work(StructType schema) {
        SparseOptions options = SparseOptions.defaults();
        if (isDefined(topK())) {
            options = getTopK() == 0 ? options.allTokens() : options.topK(getTopK());
        }
        return new Encode(options, place(schema, inputCol()));
    }

    /** What a task does. */
    private static final class Encode extends TaskWork<SparseEncoder, String, List<TokenWeight>, SparseOptions> {

        private static final long serialVersionUID = 1L;

        private final int text;

        Encode(SparseOptions options, int text) {
            super("sparse-embedding", options);
            this.text = text;
        }

        @Override
        ModelBuilder<SparseEncoder, String, SparseOptions> builder(Path archive) {
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
