package org.djlift.spark;


import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.CrossEncoder;
import org.djlift.Outcome;
import org.djlift.ModelBuilder;
import org.djlift.RankingOptions;
import org.djlift.data.RankingInput;
import org.djlift.data.RankingOutput;
import org.djlift.data.ScoreFunction;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Function;

/**
 * A stage of Spark ML that adds a column with the scores of pairs of a query and a text: {@code float}, or {@code
 * array<float>} for models of several scores, what {@code djlift predict} gives for the same archive of text ranking.
 *
 * <pre>{@code
 * Dataset<Row> found = new TextRankingTransformer()
 *         .setQueryCol("query")
 *         .setTextCol("passage")
 *         .setOutputCol("score")
 *         .setArchive("/models/reranker-1.0.0-fp32.zip")
 *         .transform(candidates);
 * }</pre>
 *
 * @serial exclude
 */
public final class TextRankingTransformer extends TextRankingParams {

    private static final long serialVersionUID = 1L;

    /** Makes a stage with a name of its own. */
    public TextRankingTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public TextRankingTransformer(String uid) {
        super(uid);
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<TextRankingTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static TextRankingTransformer load(String path) {
        return read().load(path);
    }

    @Override
    DataType output() {
        return getAllScores() ? Columns.NUMBERS : Columns.SCORE;
    }

    @Override
    TaskWork<?, ?, ?, ?> work(StructType schema) {
        RankingOptions options = RankingOptions.defaults();
        if (isDefined(function())) {
            options = options.function(ScoreFunction.of(getFunction()));
        }
        return new Score(options, place(schema, queryCol()), place(schema, textCol()), getAllScores());
    }

    /** What a task does. */
    private static final class Score extends TaskWork<CrossEncoder, RankingInput, RankingOutput, RankingOptions> {

        private static final long serialVersionUID = 1L;

        private final int query;
        private final int text;
        private final boolean all;

        Score(RankingOptions options, int query, int text, boolean all) {
            super("text-ranking", options);
            this.query = query;
            this.text = text;
            this.all = all;
        }

        @Override
        ModelBuilder<CrossEncoder, RankingInput, RankingOptions> builder(Path archive) {
            return CrossEncoder.builder(archive);
        }

        @Override
        Iterator<Outcome<Item<RankingInput>, RankingOutput>> stream(
                CrossEncoder model,
                Iterator<Item<RankingInput>> items,
                Function<? super Item<RankingInput>, RankingInput> input) {
            if (!all && model.labels() != 1) {
                throw new IllegalArgumentException(
                        "allScores: expected true with a model of " + model.labels() + " scores, found false");
            }
            return model.run(items, input);
        }

        @Override
        RankingInput input(Row row) {
            String asked = text(row, query);
            String found = text(row, text);
            return asked == null || found == null ? null : RankingInput.pair(asked, found);
        }

        @Override
        Object value(RankingOutput output) {
            Float[] scores = numbers(output.scores());
            return all ? scores : scores[0];
        }
    }
}
