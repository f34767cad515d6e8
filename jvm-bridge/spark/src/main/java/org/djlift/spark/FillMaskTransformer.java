package org.djlift.spark;


import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.MaskFiller;
import org.djlift.Outcome;
import org.djlift.ModelBuilder;
import org.djlift.FillOptions;
import org.djlift.data.MaskFill;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A stage of Spark ML that adds a column with the tokens that fit in the masks of texts: {@code
 * array<array<struct<token:int,token_str:string,score:float,sequence:string>>>}, an array for each mask, by falling
 * score, what {@code djlift predict} gives for the same archive of fill-mask.
 *
 * <pre>{@code
 * Dataset<Row> found = new FillMaskTransformer()
 *         .setInputCol("text")
 *         .setOutputCol("masks")
 *         .setArchive("/models/bert-1.0.0-fp32.zip")
 *         .transform(sentences);
 * }</pre>
 *
 * @serial exclude
 */
public final class FillMaskTransformer extends FillMaskParams {

    private static final long serialVersionUID = 1L;

    /** Makes a stage with a name of its own. */
    public FillMaskTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public FillMaskTransformer(String uid) {
        super(uid);
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<FillMaskTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static FillMaskTransformer load(String path) {
        return read().load(path);
    }

    @Override
    DataType output() {
        return Columns.MASKS;
    }

    @Override
    TaskWork<?, ?, ?, ?> work(StructType schema) {
        FillOptions options = FillOptions.defaults();
        if (isDefined(topK())) {
            options = options.topK(getTopK());
        }
        if (isDefined(targets())) {
            options = options.targets(List.of(getTargets()));
        }
        return new Fill(options, place(schema, inputCol()));
    }

    /** What a task does. */
    private static final class Fill extends TaskWork<MaskFiller, String, List<List<MaskFill>>, FillOptions> {

        private static final long serialVersionUID = 1L;

        private final int text;

        Fill(FillOptions options, int text) {
            super("fill-mask", options);
            this.text = text;
        }

        @Override
        ModelBuilder<MaskFiller, String, FillOptions> builder(Path archive) {
            return MaskFiller.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<String>, List<List<MaskFill>>>> stream(
                MaskFiller model, Iterator<Item<String>> items, Function<? super Item<String>, String> input) {
            return model.fill(items, input);
        }

        @Override
        String input(Row row) {
            return text(row, text);
        }

        @Override
        Object value(List<List<MaskFill>> output) {
            return output.stream()
                    .map(mask -> mask.stream().map(Fill::struct).toArray(Row[]::new))
                    .toArray(Row[][]::new);
        }

        private static Row struct(MaskFill one) {
            return RowFactory.create(Math.toIntExact(one.token()), one.text(), one.score(), one.sequence());
        }
    }
}
