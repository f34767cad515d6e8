package org.djlift.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.djlift.ClassificationOptions;
import org.djlift.TextClassifier;
import org.djlift.data.LabelScore;
import org.djlift.data.ScoreFunction;
import org.djlift.data.TextPair;
import org.djlift.support.Tiny;
import org.djlift.support.TinyClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The stages of the tasks beside token classification, on a real Spark, with the real engine. */
class TaskTransformersTest extends WithSpark {

    private static final StructType PAIRS = TEXTS.add("other", DataTypes.StringType, true);
    private static final float CLOSE = 1e-5f;

    @TempDir
    Path folder;

    private static TextClassificationTransformer stage() {
        return new TextClassificationTransformer().setArchive(TinyClassifier.FOLDER.toString());
    }

    private static Dataset<Row> pairs(List<TextPair> pairs) {
        List<Row> rows = new ArrayList<>();
        for (TextPair pair : pairs) {
            rows.add(RowFactory.create(
                    rows.size(),
                    pair == null ? null : pair.text(),
                    pair == null ? null : pair.pair().orElse(null)));
        }
        return spark.createDataFrame(rows, PAIRS).repartition(2);
    }

    /** The labels of a row. */
    private static List<LabelScore> found(Row row) {
        int at = row.fieldIndex("labels");
        return row.isNullAt(at)
                ? null
                : row.<Row>getList(at).stream()
                        .map(one -> new LabelScore(one.getString(0), one.getFloat(1)))
                        .collect(Collectors.toList());
    }

    private static void same(List<List<LabelScore>> expected, Dataset<Row> rows) {
        List<Row> collected = collected(rows);
        assertEquals(expected.size(), collected.size());
        for (int i = 0; i < expected.size(); i++) {
            List<LabelScore> found = found(collected.get(i));
            assertEquals(expected.get(i).size(), found.size());
            for (int j = 0; j < found.size(); j++) {
                assertEquals(expected.get(i).get(j).label(), found.get(j).label());
                assertEquals(expected.get(i).get(j).score(), found.get(j).score(), CLOSE);
            }
        }
    }

    @Test
    void everyRowIsWhatTheCoreGives() throws Exception {
        List<TextPair> inputs = new ArrayList<>();
        for (JsonObject input : Inputs.of(TinyClassifier.FOLDER)) {
            JsonElement pair = input.get("text_pair");
            inputs.add(TextPair.of(input.get("text").getAsString(), pair == null ? null : pair.getAsString()));
        }
        try (TextClassifier core = TextClassifier.load(TinyClassifier.FOLDER)) {
            TextClassificationTransformer stage = stage().setPairCol("other");
            same(core.classifyPairs(inputs), stage.transform(pairs(inputs)));
            ClassificationOptions all = ClassificationOptions.defaults().topK(2).function(ScoreFunction.SIGMOID);
            same(
                    core.classifyPairs(inputs, all),
                    stage.setTopK(2).setFunction("sigmoid").transform(pairs(inputs)));
            Row whole = collected(stage.setTopK(0).transform(pairs(inputs))).get(0);
            assertEquals(core.labels().size(), found(whole).size());
            assertEquals(
                    "array<struct<label:string,score:float>>",
                    whole.schema().apply("labels").dataType().catalogString());
            List<String> texts = inputs.stream().map(TextPair::text).collect(Collectors.toList());
            same(core.classify(texts), stage().transform(rows(texts)));
        }
    }

    @Test
    void aNullGivesNullAndTheOtherColumnsStay() {
        List<Row> rows = collected(stage().setErrorCol("why").transform(rows(null, "Ada met Babbage", null)));
        assertNull(found(rows.get(0)));
        assertNull(rows.get(0).get(3));
        assertEquals("Ada met Babbage", rows.get(1).getString(1));
        assertEquals(1, found(rows.get(1)).size());
        assertNull(found(rows.get(2)));
        assertEquals(0, stage().transform(rows("a").filter("id > 7")).count());
    }

    @Test
    void aPipelineWithItIsSavedAndLoaded() throws Exception {
        TextClassificationTransformer stage =
                stage().setOutputCol("labels").setTopK(2).setFunction("sigmoid").setTokenBudget(77);
        TokenClassificationTransformer other = new TokenClassificationTransformer().setArchive(Tiny.ZIP.toString());
        PipelineModel model =
                new Pipeline().setStages(new PipelineStage[] {stage, other}).fit(rows("a"));
        String path = folder.resolve("model").toString();
        model.write().overwrite().save(path);
        PipelineModel again = PipelineModel.load(path);
        assertEquals(stage.explainParams(), ((TextClassificationTransformer) again.stages()[0]).explainParams());
        List<Row> expected = collected(model.transform(rows("Ada met Babbage", null)));
        assertEquals(expected, collected(again.transform(rows("Ada met Babbage", null))));
        assertEquals(
                List.of("id", "text", "labels", "entities"),
                List.of(expected.get(0).schema().fieldNames()));
        ZeroShotClassificationTransformer zero = new ZeroShotClassificationTransformer()
                .setLabels("a", "b")
                .setMultiLabel(true)
                .setArchive("x.zip");
        zero.write().overwrite().save(path);
        ZeroShotClassificationTransformer read = ZeroShotClassificationTransformer.load(path);
        assertEquals(List.of("a", "b"), List.of(read.getLabels()));
        assertTrue(read.getMultiLabel());
        assertEquals(3, stage.copy(new ParamMap().put(stage.topK(), 3)).getTopK());
        assertEquals(2, stage.getTopK());
    }

    @Test
    void aPoisonRowEndsTheTaskOrHasAReason() throws Exception {
        String archive = TinyClassifier.withPoison(folder).toString();
        Dataset<Row> rows = rows("fine", "poison!", "fine too").coalesce(1).sortWithinPartitions("id");
        TextClassificationTransformer stage = stage().setArchive(archive);
        Exception e = assertThrows(Exception.class, () -> stage.transform(rows).collectAsList());
        assertTrue(e.getMessage().contains("column 'text', partition 0: input 1 cannot be run: "), e.getMessage());
        assertTrue(e.getMessage().contains("\"poison!\" (set errorCol"), e.getMessage());
        List<Row> kept = collected(stage.setErrorCol("why").transform(rows));
        assertNull(found(kept.get(1)));
        assertTrue(
                kept.get(1).getString(3).startsWith("input 1 cannot be run: "),
                kept.get(1).toString());
        assertFalse(kept.get(2).isNullAt(2));
        assertNull(kept.get(2).get(3));
    }

    @Test
    void allTasksShareOneModel() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            texts.add("Ada met " + i);
        }
        long before = Totals.loads();
        Dataset<Row> rows = rows(texts).repartition(8);
        assertEquals(
                100,
                stage().setTokenBudget(500)
                        .transform(rows)
                        .filter("labels is not null")
                        .count());
        assertEquals(
                100,
                stage().setTokenBudget(500)
                        .transform(rows)
                        .filter("labels is not null")
                        .count());
        assertEquals(before + 1, Totals.loads());
    }

    @Test
    void whatIsDoneIsCounted() {
        Meters meters = new Meters();
        spark.sparkContext().addSparkListener(meters);
        TextClassificationTransformer stage = stage();
        stage.transform(rows("Ada met Babbage", null, "London")).collectAsList();
        meters.settled(spark, stage.uid() + " texts", 2);
        assertEquals(1, meters.sum(stage.uid() + " nulls"));
        assertTrue(meters.sum(stage.uid() + " tokens") > 0);
    }

    @Test
    void anArchiveOfAnotherTaskIsRefused() {
        Dataset<Row> rows = stage().setArchive(Tiny.ZIP.toString()).transform(rows("a"));
        Exception e = assertThrows(Exception.class, rows::collectAsList);
        assertTrue(e.getMessage().contains("text-classification"), e.getMessage());
        Dataset<Row> fine = stage().transform(rows("a"));
        assertEquals(1, fine.collectAsList().size());
        Dataset<Row> wrong = new TextEmbeddingTransformer()
                .setArchive(TinyClassifier.FOLDER.toString())
                .transform(rows("a"));
        assertTrue(
                assertThrows(Exception.class, wrong::collectAsList).getMessage().contains("text-embedding"));
    }

    @Test
    void outputsHaveTheirTypes() {
        assertEquals("array<float>", type(new TextEmbeddingTransformer(), "embedding"));
        assertEquals(
                "array<struct<token:string,id:int,weight:float>>", type(new SparseEmbeddingTransformer(), "tokens"));
        assertEquals("float", type(new TextRankingTransformer().setQueryCol("text"), "score"));
        assertEquals(
                "array<float>",
                type(new TextRankingTransformer().setQueryCol("text").setAllScores(true), "score"));
        assertEquals(
                "array<struct<label:string,score:float>>", type(new ZeroShotClassificationTransformer(), "labels"));
    }

    private static String type(TaskTransformer<?> stage, String column) {
        stage.setArchive("x.zip");
        return stage.transformSchema(TEXTS).apply(column).dataType().catalogString();
    }

    @Test
    void whatMakesNoSenseIsRefusedBeforeAnythingRuns() {
        refused("inputCol: expected the column 'words', found [id, text]", stage().setInputCol("words"));
        refused("pairCol: expected a column of type string, found 'id' of type int", stage().setPairCol("id"));
        refused("outputCol: expected a new column, found 'text' in [id, text]", stage().setOutputCol("text"));
        refused("errorCol: expected a new column, found 'labels' in", stage().setErrorCol("labels"));
        refused(Source.EXPECTED + "none; call setArchive", new TextEmbeddingTransformer());
        refused("topK: expected 0 or more, found -1", stage().setTopK(-1));
        refused("function: expected softmax, sigmoid or none, found tanh", stage().setFunction("tanh"));
        refused("tokenBudget: expected 1 or more, found 0", stage().setTokenBudget(0));
        refused(
                "truncateDim: expected 0 or more, found -2",
                new TextEmbeddingTransformer().setArchive("x").setTruncateDim(-2));
        refused("queryCol: expected the column 'query'", new TextRankingTransformer().setArchive("x"));
        ZeroShotClassificationTransformer zero = new ZeroShotClassificationTransformer().setArchive("x");
        refused("labels: expected at least one, found none", zero.setLabels());
        refused(
                "labelsCol: expected none beside labels, found text",
                zero.setLabels("a").setLabelsCol("text"));
        refused(
                "labelsCol: expected a column of type array<string>, found 'text' of type string",
                new ZeroShotClassificationTransformer().setArchive("x").setLabelsCol("text"));
        refused(
                "hypothesisTemplate: ",
                new ZeroShotClassificationTransformer().setArchive("x").setHypothesisTemplate("About {"));
    }

    private static void refused(String why, TaskTransformer<?> stage) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> stage.transform(rows("a")));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }
}
