package org.djlift.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.support.Tiny;
import org.djlift.support.TinyZoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The stage on a real Spark, with the real engine. */
class TokenClassificationTransformerTest extends WithSpark {

    private static final String EMOJI = "\ud83d\ude00\ud83d\ude00 Ada met Babbage in London";

    @TempDir
    Path folder;

    private static TokenClassificationTransformer stage() {
        return new TokenClassificationTransformer().setArchive(Tiny.ZIP.toString());
    }

    /** What a row has, in words. */
    private static List<String> found(Row row) {
        int at = row.fieldIndex("entities");
        if (row.isNullAt(at)) {
            return null;
        }
        return row.<Row>getList(at).stream()
                .map(e -> e.getString(0) + " " + e.getFloat(1) + " " + e.getString(2) + " " + e.getInt(3) + " "
                        + e.getInt(4))
                .collect(Collectors.toList());
    }

    private static List<List<String>> found(Dataset<Row> rows) {
        return collected(rows).stream()
                .map(TokenClassificationTransformerTest::found)
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private static List<List<String>> expected(List<List<Entity>> all, boolean codePoints) {
        return all.stream()
                .map(entities -> entities.stream()
                        .map(e -> e.label() + " " + e.score() + " " + e.word() + " "
                                + (codePoints ? e.codePointStart() : e.start()) + " "
                                + (codePoints ? e.codePointEnd() : e.end()))
                        .collect(Collectors.toList()))
                .collect(Collectors.toList());
    }

    private static Throwable cause(Throwable e) {
        return e.getCause() == null ? e : cause(e.getCause());
    }

    @Test
    void everyRowIsWhatTheCoreGivesInEveryStrategyAndUnit() throws Exception {
        List<String> texts = new ArrayList<>(Tiny.texts());
        texts.add(EMOJI);
        try (TokenClassifier core = TokenClassifier.load(Tiny.ZIP)) {
            for (AggregationStrategy strategy : AggregationStrategy.values()) {
                List<List<Entity>> all = core.classify(texts, Tiny.options(strategy));
                TokenClassificationTransformer stage =
                        stage().setAggregationStrategy(strategy.name().toLowerCase());
                assertEquals(expected(all, false), found(stage.transform(rows(texts))), strategy.name());
                assertEquals(
                        expected(all, true),
                        found(stage.setOffsets("codepoints").transform(rows(texts))));
            }
            List<String> all = Collections.nCopies(3, String.join(" ", texts));
            assertEquals(
                    expected(core.classify(all, Tiny.options(AggregationStrategy.FIRST, 2)), false),
                    found(stage().setAggregationStrategy("first").setStride(2).transform(rows(all))));
        }
    }

    @Test
    void aNullGivesNullAndNothingGivesNothingAndTheOtherColumnsStay() {
        List<Row> rows = collected(stage().transform(rows(null, "", "Ada met Babbage", null)));
        assertEquals(List.of(0, 1, 2, 3), rows.stream().map(r -> r.getInt(0)).collect(Collectors.toList()));
        assertNull(found(rows.get(0)));
        assertEquals(List.of(), found(rows.get(1)));
        assertEquals("Ada met Babbage", rows.get(2).getString(1));
        assertNull(found(rows.get(3)));
        assertEquals(
                "array<struct<label:string,score:float,word:string,start:int,end:int>>",
                rows.get(0).schema().apply("entities").dataType().catalogString());
        Dataset<Row> none = stage().transform(rows("a").filter("id > 7"));
        assertEquals(0, none.count());
    }

    @Test
    void aPipelineWithItIsSavedAndLoaded() throws Exception {
        TokenClassificationTransformer stage = stage().setOutputCol("found")
                .setErrorCol("why")
                .setZoo("/zoo")
                .setAggregationStrategy("max")
                .setOffsets("codepoints")
                .setStride(3)
                .setTokenBudget(77)
                .setIntraOpThreads(1);
        PipelineModel model =
                new Pipeline().setStages(new PipelineStage[] {stage}).fit(rows("a"));
        String path = folder.resolve("model").toString();
        model.write().overwrite().save(path);
        PipelineModel again = PipelineModel.load(path);
        TokenClassificationTransformer loaded = (TokenClassificationTransformer) again.stages()[0];
        assertEquals(stage.uid(), loaded.uid());
        assertEquals(stage.explainParams(), loaded.explainParams());
        List<Row> expected = collected(model.transform(rows("Ada met Babbage", null)));
        assertEquals(expected, collected(again.transform(rows("Ada met Babbage", null))));
        stage.write().overwrite().save(path);
        assertEquals(77, TokenClassificationTransformer.load(path).getTokenBudget());
    }

    @Test
    void aCalibrationIsReadByTheDriver() throws Exception {
        Path file = folder.resolve("calibration.json");
        Files.writeString(
                file,
                "{\"format\": 1, \"archive\": \"tiny 1.0 fp32\", \"processors\": 2, \"token_budget\": 60,"
                        + " \"concurrent_runs\": 3, \"intra_op_threads\": 1, \"gain\": 1.5}");
        String[] texts = {"Ada met Babbage", null, "Ada", "Babbage met Ada in London"};
        TokenClassificationTransformer stage = stage().setCalibration(file.toString());
        assertEquals(file.toString(), stage.getCalibration());
        assertEquals(" 60 3 cpu 1", setFor(stage));
        TokenClassificationTransformer other = stage().setCalibration(file.toString());
        assertEquals(" 77 3 cpu 2", setFor(other.setTokenBudget(77).setIntraOpThreads(2)));
        assertEquals(places(stage().transform(rows(texts))), places(stage.transform(rows(texts))));
        Files.writeString(file, "{\"format\": 2}");
        Exception e = assertThrows(IllegalArgumentException.class, () -> stage.transform(rows(texts)));
        assertTrue(
                e.getMessage().contains("calibration: " + file + ": expected a calibration of djlift"), e.getMessage());
    }

    /** What a model is loaded with, from the budget on. */
    private static String setFor(TokenClassificationTransformer stage) throws Exception {
        String key = stage.settings(stage.work(TEXTS)).key();
        String[] parts = key.split(" ");
        return " " + String.join(" ", Arrays.asList(parts).subList(parts.length - 4, parts.length));
    }

    /** The entities without their scores, whose last digits depend on what shares a run. */
    private static String places(Dataset<Row> rows) {
        return found(rows).toString().replaceAll(" [0-9.]+(E-?[0-9]+)? ", " ");
    }

    @Test
    void aCopyHasTheExtraParameters() {
        TokenClassificationTransformer stage = stage();
        TokenClassificationTransformer copy = stage.copy(new ParamMap().put(stage.stride(), 5));
        assertEquals(5, copy.getStride());
        assertEquals(-1, stage.getStride());
        assertEquals(stage.getArchive(), copy.getArchive());
    }

    @Test
    void aPoisonRowEndsTheTaskWithItsPlaceAndItsBeginning() throws Exception {
        String archive = Tiny.withoutUnknown(folder).toString();
        String poison = "\u0b95 " + "and more ".repeat(20);
        Dataset<Row> rows = rows("a", "b", poison, "c").coalesce(1).sortWithinPartitions("id");
        TokenClassificationTransformer stage = stage().setArchive(archive);
        Exception e = assertThrows(Exception.class, () -> stage.transform(rows).collectAsList());
        assertTrue(e.getMessage().contains("column 'text', partition 0: input 2 cannot be run: "), e.getMessage());
        assertTrue(e.getMessage().contains("... (182 characters) (set errorCol"), e.getMessage());
        List<Row> kept = collected(stage.setErrorCol("why").transform(rows));
        assertEquals(4, kept.size());
        assertNull(found(kept.get(2)));
        assertTrue(
                kept.get(2).getString(3).startsWith("input 2 cannot be run: "),
                kept.get(2).toString());
        assertNull(kept.get(3).get(3));
        assertFalse(kept.get(3).isNullAt(2));
    }

    @Test
    void whatMakesNoSenseIsRefusedBeforeAnythingRuns() {
        refused("inputCol: expected the column 'words', found [id, text]", stage().setInputCol("words"));
        refused("inputCol: expected a column of type string, found 'id' of type int", stage().setInputCol("id"));
        refused("outputCol: expected a new column, found 'text' in [id, text]", stage().setOutputCol("text"));
        refused("errorCol: expected a new column, found 'entities' in", stage().setErrorCol("entities"));
        refused(Source.EXPECTED + "none; call setArchive", new TokenClassificationTransformer());
        refused(
                "sparkContext.addFile(\"s3a://b/m.zip\"), then archive files:m.zip",
                stage().setArchive("s3a://b/m.zip"));
        refused("expected djlift://group/name or djlift://group/name/version", stage().setArchive("djlift://one"));
        refused(
                "aggregationStrategy: expected none, simple, first, average or max, found last",
                stage().setAggregationStrategy("last"));
        stage().setAggregationStrategy("SIMPLE").transform(rows("a"));
        refused(
                "stride: expected another aggregationStrategy",
                stage().setAggregationStrategy("none").setStride(1));
        refused("offsets: expected utf16 or codepoints, found bytes", stage().setOffsets("bytes"));
        refused("tokenBudget: expected 1 or more, found 0", stage().setTokenBudget(0));
        refused("intraOpThreads: expected 0 or more, found -1", stage().setIntraOpThreads(-1));
        refused("stride: expected -1 or more, found -5", stage().setStride(-5));
        stage().setStride(-1).transform(rows("a"));
        refused("device: expected cpu, gpu0, gpu1 and so on, found cuda", stage().setDevice("cuda"));
        stage().setDevice("gpu0").transform(rows("a"));
        refused(
                "calibration: expected a file that the driver can read, found nothing at /nowhere/c.json",
                stage().setCalibration("/nowhere/c.json"));
        refused("calibration: expected a file that the driver can read, found /", stage().setCalibration("/"));
        refused(
                "zoo: expected the folder or address of a zoo for djlift://x/y, found none; set the parameter zoo",
                stage().setArchive("djlift://x/y"));
    }

    private static void refused(String why, TokenClassificationTransformer stage) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> stage.transform(rows("a")));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }

    /** This driver runs the tasks itself. */
    @Test
    void anArchiveThatIsNotThereIsRefusedWhereTheDriverIsTheExecutor() {
        refused(
                "archive: expected /no/such.zip on every executor, found nothing at /no/such.zip; put the archive on a"
                    + " path that every executor can read, or call sparkContext.addFile(\"/no/such.zip\") on a driver"
                    + " that has it and set archive to files:such.zip",
                stage().setArchive("/no/such.zip"));
        // The schema alone needs no archive.
        stage().setArchive("/no/such.zip").transformSchema(TEXTS);
    }

    @Test
    void aTaskWithoutTheArchiveSaysWhatToDo() throws Exception {
        Path archive = Files.copy(Tiny.ZIP, folder.resolve("gone.zip"));
        Dataset<Row> rows = stage().setArchive(archive.toString()).transform(rows("a"));
        Files.delete(archive);
        Exception e = assertThrows(Exception.class, rows::collectAsList);
        String path = "archive: expected " + archive + " on every executor, found nothing at " + archive + "; ";
        assertTrue(e.getMessage().contains(path), e.getMessage());
        assertTrue(e.getMessage().contains("set archive to files:gone.zip"), e.getMessage());
        Dataset<Row> distributed = stage().setArchive("files:none.zip").transform(rows("a"));
        e = assertThrows(Exception.class, distributed::collectAsList);
        assertTrue(e.getMessage().contains("archive: expected files:none.zip on every executor, found nothing at /"));
        assertTrue(e.getMessage().contains("none.zip; call sparkContext.addFile(PATH)"), e.getMessage());
    }

    @Test
    void sparkDistributesTheArchive() throws Exception {
        spark.sparkContext().addFile(Tiny.ZIP.toString());
        TokenClassificationTransformer stage = stage().setArchive("files:" + Tiny.ZIP.getFileName());
        assertEquals(
                found(stage().transform(rows("Ada met Babbage"))), found(stage.transform(rows("Ada met Babbage"))));
    }

    @Test
    void theVersionThatIsTheNewestOnTheDriverIsThatOfAllTasks() throws Exception {
        TinyZoo zoo = new TinyZoo(folder);
        TokenClassificationTransformer stage = stage().setArchive(TinyZoo.MODEL).setZoo(folder.toString());
        Dataset<Row> rows = stage.transform(rows("Ada met Babbage"));
        zoo.yank("1.1");
        try (TokenClassifier newest = TokenClassifier.load(zoo.zip("1.1", "fp32"))) {
            assertEquals(expected(List.of(newest.classify("Ada met Babbage")), false), found(rows));
        }
        stage.setArchive(TinyZoo.MODEL + "/9.0");
        Exception e = assertThrows(Exception.class, () -> stage.transform(rows("a")));
        assertTrue(cause(e).getMessage().contains("9.0"), cause(e).getMessage());
    }

    @Test
    void allTasksShareOneModelUntilTheFileChanges() throws Exception {
        Path archive = Files.copy(Tiny.ZIP, folder.resolve("mine.zip"));
        List<String> texts =
                IntStream.range(0, 300).mapToObj(i -> "Ada met " + i).collect(Collectors.toList());
        Dataset<Row> rows = rows(texts).repartition(16);
        TokenClassificationTransformer stage = stage().setArchive(archive.toString());
        long before = Totals.loads();
        assertEquals(300, stage.transform(rows).filter("entities is not null").count());
        assertEquals(300, stage.transform(rows).filter("entities is not null").count());
        assertEquals(before + 1, Totals.loads());
        Files.copy(Tiny.ZIP, archive, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(300, stage.transform(rows).filter("entities is not null").count());
        assertEquals(before + 2, Totals.loads());
        for (int threads = 1; threads < 8; threads++) {
            stage.setIntraOpThreads(threads).transform(rows("a")).collectAsList();
        }
        assertEquals(Models.IDLE, Models.count());
    }

    @Test
    void rowsThatNobodyReadsToTheEndLeaveNoModelInUse() throws Exception {
        List<String> texts =
                IntStream.range(0, 5000).mapToObj(i -> "Ada met " + i).collect(Collectors.toList());
        assertEquals(
                3,
                stage().setTokenBudget(99)
                        .transform(rows(texts))
                        .limit(3)
                        .collectAsList()
                        .size());
        for (int threads = 1; threads < 8; threads++) {
            stage().setIntraOpThreads(threads).transform(rows("a")).collectAsList();
        }
        assertEquals(Models.IDLE, Models.count());
    }

    @Test
    void whatIsDoneIsCounted() {
        Meters meters = new Meters();
        spark.sparkContext().addSparkListener(meters);
        TokenClassificationTransformer stage = stage();
        stage.transform(rows("Ada met Babbage", null, "London", "")).collectAsList();
        meters.settled(spark, stage.uid() + " texts", 3);
        assertEquals(1, meters.sum(stage.uid() + " nulls"));
        assertEquals(0, meters.sum(stage.uid() + " failed texts"));
        assertTrue(meters.sum(stage.uid() + " tokens") > 0);
        assertTrue(meters.sum(stage.uid() + " tokens with padding") >= meters.sum(stage.uid() + " tokens"));
        List<String> shown = Meters.shown();
        for (String name : List.of("texts", "tokens", "tokenizeMillis", "runMillis", "decodeMillis", "models")) {
            String whole = "plugin.org.djlift.spark.DjliftPlugin." + name;
            assertTrue(shown.stream().anyMatch(s -> s.endsWith(whole)), whole + shown);
        }
    }

    @Test
    void aStreamIsTakenAsItComes() throws Exception {
        Path in = Files.createDirectories(folder.resolve("in"));
        String out = folder.resolve("out").toString();
        spark.conf()
                .set(
                        "spark.sql.streaming.checkpointLocation",
                        folder.resolve("checkpoint").toString());
        Dataset<Row> lines = spark.readStream().schema(TEXTS).json(in.toString());
        StreamingQuery query =
                stage().transform(lines).writeStream().format("parquet").start(out);
        try {
            Files.writeString(in.resolve("1.json"), "{\"id\": 0, \"text\": \"Ada met Babbage\"}\n{\"id\": 1}\n");
            query.processAllAvailable();
            Files.writeString(in.resolve("2.json"), "{\"id\": 2, \"text\": \"London\"}\n");
            query.processAllAvailable();
        } finally {
            query.stop();
        }
        List<String> texts = Arrays.asList("Ada met Babbage", null, "London");
        assertEquals(found(stage().transform(rows(texts))), found(spark.read().parquet(out)));
    }
}
