package org.djlift.spark;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.MaskFiller;
import org.djlift.Outcome;
import org.djlift.TaskBuilder;
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
public final class FillMaskTransformer extends TextTransformer<FillMaskTransformer> {

    private static final long serialVersionUID = 1L;

    private final IntParam topK = new IntParam(this, "topK", "most tokens of a mask");
    private final StringArrayParam targets =
            new StringArrayParam(this, "targets", "the only tokens to choose from");

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
        super(uid, "masks", "tokens for masks");
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

    /**
     * Returns the parameter for most tokens of a mask.
     *
     * @return the parameter: most tokens of a mask
     */
    public IntParam topK() {
        return topK;
    }

    /**
     * Returns the parameter for the only tokens to choose from.
     *
     * @return the parameter: the only tokens to choose from
     */
    public StringArrayParam targets() {
        return targets;
    }

    /**
     * Sets how many tokens a mask has.
     *
     * @param value most tokens; the archive's unless set
     * @return this stage
     */
    public FillMaskTransformer setTopK(int value) {
        return with(topK, value);
    }

    /**
     * Returns how many tokens a mask has.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public int getTopK() {
        return number(topK);
    }

    /**
     * Sets the tokens to choose from.
     *
     * @param value tokens as they stand in the vocabulary; all of it unless set
     * @return this stage
     */
    public FillMaskTransformer setTargets(String... value) {
        return with(targets, value);
    }

    /**
     * Returns the tokens to choose from.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String[] getTargets() {
        return getOrDefault(targets);
    }

    @Override
    void checkTask() {
        ifSet(topK, 1);
        if (isDefined(targets) && getTargets().length == 0) {
            throw new IllegalArgumentException("targets: expected at least one, found none");
        }
    }

    @Override
    DataType output() {
        return Columns.MASKS;
    }

    @Override
    Work<?> work(StructType schema) {
        JsonObject parameters = new JsonObject();
        put(parameters, "top_k", topK);
        if (isDefined(targets)) {
            JsonArray all = new JsonArray();
            List.of(getTargets()).forEach(all::add);
            parameters.add("targets", all);
        }
        return new Fill(parameters, place(schema, getInputCol()));
    }

    /** What a task does. */
    private static final class Fill extends TaskWork<MaskFiller, String, List<List<MaskFill>>> {

        private static final long serialVersionUID = 1L;

        private final int text;

        Fill(JsonObject parameters, int text) {
            super("fill-mask", parameters);
            this.text = text;
        }

        @Override
        TaskBuilder<MaskFiller, String> builder(Path archive) {
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
