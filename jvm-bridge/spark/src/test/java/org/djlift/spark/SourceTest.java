package org.djlift.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.djlift.data.StageTimes;
import org.djlift.support.Tiny;
import org.djlift.support.TinyEmbedder;
import org.djlift.support.TinyZoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** Where stages find their archive and their columns, and how tasks share what was loaded. */
class SourceTest extends WithSpark {

    @TempDir
    Path folder;

    @Test
    void theZooOfTheDriverIsThatOfAllTasksAndALoadedModelIsNotReadAgain() throws Exception {
        TinyZoo zoo = new TinyZoo(folder);
        Path zip = zoo.publish(TinyEmbedder.FOLDER, "embedder");
        TextEmbeddingTransformer stage = new TextEmbeddingTransformer().setArchive("djlift://org.djlift.test/embedder");
        System.setProperty("djlift.zoo", folder.toString());
        Dataset<Row> rows;
        Dataset<Row> other;
        try {
            rows = stage.transform(rows("Ada met Babbage"));
            other = stage.setTokenBudget(99).transform(rows("Ada met Babbage"));
        } finally {
            System.clearProperty("djlift.zoo");
        }
        assertEquals(1, rows.collectAsList().size());
        // Neither hashed nor even there: the model is loaded.
        Files.move(zip, folder.resolve("elsewhere.zip"));
        assertEquals(1, rows.collectAsList().size());
        // Other settings need it again, and it must be what the driver has seen.
        zoo.publish(Tiny.FOLDER.resolveSibling("tiny-sparse"), "embedder");
        Exception e = assertThrows(Exception.class, other::collectAsList);
        assertTrue(String.valueOf(root(e)).contains("the same on all machines"), String.valueOf(root(e)));
    }

    private static Throwable root(Throwable e) {
        return e.getCause() == null ? e : root(e.getCause());
    }

    @Test
    void aUriOfAFileIsAPath() {
        assertEquals(Path.of("/m/a b.zip"), Source.path("file:/m/a b.zip"));
        assertEquals(Path.of("/m/a b.zip"), Source.path("file:///m/a%20b.zip"));
        assertEquals(Path.of("/m/a#1.zip"), Source.path("FILE:/m/a#1.zip"));
        assertEquals(Path.of("/dbfs/m/a.zip"), Source.path("dbfs:/m/a.zip"));
        assertEquals(Path.of("m/a.zip"), Source.path("m/a.zip"));
        String uri = Tiny.ZIP.toAbsolutePath().toUri().toString();
        Dataset<Row> rows = new TokenClassificationTransformer().setArchive(uri).transform(rows("Ada"));
        assertEquals(1, rows.collectAsList().size());
    }

    @Test
    void aCalibrationAndAZooMayBeUrisToo() throws Exception {
        Path file = folder.resolve("a calibration.json");
        Files.writeString(
                file,
                "{\"format\": 1, \"archive\": \"tiny 1.0 fp32\", \"processors\": 2, \"token_budget\": 60,"
                        + " \"concurrent_runs\": 3, \"intra_op_threads\": 1, \"gain\": 1.5}");
        new TinyZoo(folder);
        TokenClassificationTransformer stage = new TokenClassificationTransformer()
                .setArchive(TinyZoo.MODEL)
                .setZoo(folder.toUri().toString())
                .setCalibration(file.toUri().toString());
        assertTrue(stage.settings(stage.work(TEXTS)).key().endsWith(" 60 3 cpu 1"));
        assertEquals(1, stage.transform(rows("Ada")).collectAsList().size());
        stage.setCalibration("s3://b/c.json");
        Exception e = assertThrows(IllegalArgumentException.class, () -> stage.transform(rows("Ada")));
        assertEquals("calibration: expected a file that the driver can read, found s3://b/c.json", e.getMessage());
        stage.clear(stage.calibration());
        stage.setZoo("dbfs:/no/zoo");
        e = assertThrows(UncheckedIOException.class, () -> stage.transform(rows("Ada")));
        assertTrue(
                e.getMessage().contains("no folder " + Path.of("/dbfs/no/zoo").toAbsolutePath()), e.getMessage());
    }

    @Test
    void whatNoExecutorCanReadIsRefused() {
        String[] locations = {"s3:/b/m.zip", "s3a://b/m.zip", "hdfs:///m.zip", "file://host/m.zip", "dbfs://host/m.zip"
        };
        for (String location : locations) {
            TokenClassificationTransformer stage = new TokenClassificationTransformer().setArchive(location);
            Exception e = assertThrows(IllegalArgumentException.class, () -> stage.transform(rows("Ada")), location);
            assertTrue(e.getMessage().startsWith(Source.EXPECTED + location), e.getMessage());
        }
    }

    @Test
    void columnsAreOfAnyCaseUnlessSparkIsToldOtherwise() {
        TokenClassificationTransformer stage = new TokenClassificationTransformer()
                .setArchive(Tiny.ZIP.toString())
                .setInputCol("TEXT");
        assertEquals(1, stage.transform(rows("Ada")).collectAsList().size());
        TextEmbeddingTransformer embedder = new TextEmbeddingTransformer()
                .setArchive(TinyEmbedder.FOLDER.toString())
                .setInputCol("Text");
        assertEquals(1, embedder.transform(rows("Ada")).collectAsList().size());
        // Two columns that Spark SQL could not tell apart.
        assertThrows(IllegalArgumentException.class, () -> embedder.setOutputCol("Text")
                .transform(rows("Ada")));
        Dataset<Row> twice = rows("Ada").selectExpr("id", "text as tExt", "text as teXt");
        Exception e = assertThrows(IllegalArgumentException.class, () -> stage.transform(twice));
        assertTrue(e.getMessage().contains("expected one column"), e.getMessage());
        Dataset<Row> equal = rows("Ada").selectExpr("id", "text as TEXT", "text as TEXT");
        assertThrows(IllegalArgumentException.class, () -> stage.transform(equal));
        spark.conf().set("spark.sql.caseSensitive", "true");
        try {
            assertThrows(IllegalArgumentException.class, () -> stage.transform(rows("Ada")));
            Dataset<Row> both = rows("Ada").selectExpr("id", "null as text", "text as TEXT");
            assertFalse(stage.transform(both).first().isNullAt(3));
        } finally {
            spark.conf().unset("spark.sql.caseSensitive");
        }
    }

    /** Spark says "undefined" of what has no default. */
    @Test
    void explainParamsSaysWhatHoldsUnlessAParameterIsSet() {
        String explained = new TokenClassificationTransformer().explainParams();
        assertTrue(explained.contains("first, average or max); unset: the archive's value (undefined)"), explained);
        assertTrue(explained.contains("; unset: DJLIFT_ZOO (undefined)"), explained);
    }

    /** As of all of Spark ML: a getter has no answer where nothing is set and there is no default. */
    @Test
    void whatIsNotSetIsNotMadeUp() throws Exception {
        Stage<?>[] stages = {
            new TokenClassificationTransformer(),
            new TextClassificationTransformer(),
            new TextEmbeddingTransformer(),
            new SparseEmbeddingTransformer(),
            new TextRankingTransformer(),
            new ZeroShotClassificationTransformer(),
            new QuestionAnsweringTransformer(),
            new FillMaskTransformer()
        };
        for (Stage<?> stage : stages) {
            for (Param<?> param : stage.params()) {
                String name = "get" + param.name().substring(0, 1).toUpperCase()
                        + param.name().substring(1);
                Method getter = stage.getClass().getMethod(name);
                if (stage.isDefined(param)) {
                    assertEquals(stage.getOrDefault(param), getter.invoke(stage));
                } else {
                    Exception e = assertThrows(InvocationTargetException.class, () -> getter.invoke(stage), name);
                    assertEquals(NoSuchElementException.class, e.getCause().getClass());
                }
            }
        }
        assertEquals(3, new FillMaskTransformer().setTopK(3).getTopK());
    }

    @Test
    void tooManyThreadsAreRefusedOnTheDriver() {
        TokenClassificationTransformer stage = new TokenClassificationTransformer()
                .setArchive(Tiny.ZIP.toString())
                .setIntraOpThreads(1500);
        assertThrows(IllegalArgumentException.class, () -> stage.transform(rows("Ada")));
    }

    @Test
    void whileAModelIsClosedOthersAreLeased() throws Exception {
        CountDownLatch closing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Thread closer = new Thread(() -> {
            try {
                // The last one makes the first one too many.
                Models.lease(settings(new Slow("slow", closing, go))).close();
                for (int i = 0; i < Models.IDLE; i++) {
                    Models.lease(settings(new Slow("fast " + i, null, null))).close();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        closer.start();
        closing.await();
        try {
            assertTimeoutPreemptively(
                    Duration.ofSeconds(10), () -> Models.lease(settings(new Slow("another", null, null)))
                            .close());
        } finally {
            go.countDown();
            closer.join();
        }
    }

    /** Two stages share a model only where all of their settings are the same. */
    @Test
    void likeSettingsAreNotTheSame() throws Exception {
        List<TaskTransformer<?>> stages = List.of(
                new FillMaskTransformer().setTargets("a, b"),
                new FillMaskTransformer().setTargets("a", "b"),
                new ZeroShotClassificationTransformer().setHypothesisTemplate("a {}, multi_label=true"),
                new ZeroShotClassificationTransformer()
                        .setHypothesisTemplate("a {}")
                        .setMultiLabel(true),
                new TextEmbeddingTransformer().setPromptName("null"),
                new TextEmbeddingTransformer());
        Set<String> keys = new HashSet<>();
        for (TaskTransformer<?> stage : stages) {
            keys.add(stage.work(TEXTS).key());
        }
        assertEquals(stages.size(), keys.size(), keys.toString());
    }

    private static Settings<String> settings(Work<String> work) throws Exception {
        return new Settings<>(Source.pinned(Tiny.ZIP.toString(), null, null), work, 1, 1, "cpu", 1);
    }

    /** A model that takes its time to close. */
    private static final class Slow implements Work<String> {

        private static final long serialVersionUID = 1L;

        private final String key;
        private final transient CountDownLatch closing;
        private final transient CountDownLatch go;

        private Slow(String key, CountDownLatch closing, CountDownLatch go) {
            this.key = key;
            this.closing = closing;
            this.go = go;
        }

        @Override
        public String key() {
            return key;
        }

        @Override
        public String task() {
            return null;
        }

        @Override
        public String load(Path archive, Settings<String> settings) {
            return key;
        }

        @Override
        public StageTimes times(String model) {
            return null;
        }

        @Override
        public void close(String model) {
            if (closing != null) {
                closing.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        @Override
        public Iterator<Done> run(String model, Iterator<Row> rows) {
            return null;
        }
    }
}
