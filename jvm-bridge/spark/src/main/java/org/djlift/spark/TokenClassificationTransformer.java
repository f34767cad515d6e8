package org.djlift.spark;

import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.EntityOptions;
import org.djlift.ModelBuilder;
import org.djlift.Outcome;
import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A stage of Spark ML that adds a column with the entities of a column with texts: {@code
 * array<struct<label:string,score:float,word:string,start:int,end:int>>}, what {@code djlift predict} gives for the
 * same archive. Each entity has these fields:
 *
 * <ul>
 *   <li>{@code label}: the label of the model, without a prefix such as {@code B-} unless {@link
 *       #setAggregationStrategy} is {@code none}.
 *   <li>{@code score}: the probability of the label, from 0 to 1, or its mean over the words or tokens of the entity.
 *   <li>{@code word}: the tokens as the tokenizer spells them, which may be in lower case or without accents; take the
 *       text from the offsets.
 *   <li>{@code start}: where the entity begins in the text, from 0; {@link #setOffsets} sets the unit.
 *   <li>{@code end}: where it ends, exclusive, in the same unit. {@code text.substring(start, end)} is the text in Java
 *       and Scala.
 * </ul>
 *
 * <pre>{@code
 * Dataset<Row> found = new TokenClassificationTransformer()
 *         .setInputCol("text")
 *         .setOutputCol("entities")
 *         .setArchive("/models/ner-1.0.0-fp32.zip")
 *         .transform(articles);
 * }</pre>
 *
 * @serial exclude
 */
public final class TokenClassificationTransformer extends TokenClassificationParams {

    private static final long serialVersionUID = 1L;

    /** Makes a stage with a name of its own. */
    public TokenClassificationTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public TokenClassificationTransformer(String uid) {
        super(uid);
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<TokenClassificationTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static TokenClassificationTransformer load(String path) {
        return read().load(path);
    }

    @Override
    void check() {
        super.check();
        if (getStride() >= 0 && "none".equalsIgnoreCase(optional(aggregationStrategy()))) {
            throw new IllegalArgumentException("stride: expected another aggregationStrategy with it, found none");
        }
    }

    @Override
    DataType output() {
        return Columns.ENTITIES;
    }

    @Override
    String things() {
        return "entities";
    }

    @Override
    TaskWork<?, ?, ?, ?> work(StructType schema) {
        EntityOptions options = EntityOptions.defaults();
        if (isDefined(aggregationStrategy())) {
            options = options.aggregationStrategy(AggregationStrategy.of(getAggregationStrategy()));
        }
        options = getStride() < 0 ? options.noStride() : options.stride(getStride());
        return new Classify(options, place(schema, inputCol()), getOffsets().equals(CODE_POINTS));
    }

    /** What a task does. */
    private static final class Classify extends TaskWork<TokenClassifier, String, List<Entity>, EntityOptions> {

        private static final long serialVersionUID = 1L;

        private final int text;
        private final boolean codePoints;

        Classify(EntityOptions options, int text, boolean codePoints) {
            super("token-classification", options);
            this.text = text;
            this.codePoints = codePoints;
        }

        @Override
        ModelBuilder<TokenClassifier, String, EntityOptions> builder(Path archive) {
            return TokenClassifier.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<String>, List<Entity>>> stream(
                TokenClassifier model, Iterator<Item<String>> items, Function<? super Item<String>, String> input) {
            return model.classify(items, input);
        }

        @Override
        String input(Row row) {
            return text(row, text);
        }

        @Override
        Object value(List<Entity> output) {
            return output.stream().map(this::struct).toArray(Row[]::new);
        }

        @Override
        int count(List<Entity> output) {
            return output.size();
        }

        private Row struct(Entity entity) {
            return RowFactory.create(
                    entity.label(),
                    entity.score(),
                    entity.word(),
                    codePoints ? entity.codePointStart() : entity.start(),
                    codePoints ? entity.codePointEnd() : entity.end());
        }
    }
}
