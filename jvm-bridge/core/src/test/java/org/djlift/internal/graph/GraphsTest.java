package org.djlift.internal.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;

import com.google.gson.JsonParser;

import org.djlift.EntityOptions;
import org.djlift.ModelBuilder;
import org.djlift.TokenClassifier;
import org.djlift.data.Entity;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Padding;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.support.OtherJvm;
import org.djlift.support.Tiny;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/** The graph runs in DJL's engine, and without it where the engine cannot start. */
class GraphsTest {

    /** Run by {@link #anEnvironmentMadeByOthersIsNoObstacle} in a JVM of its own. */
    public static void main(String[] args) throws IOException {
        OrtEnvironment.getEnvironment("somebody-else");
        try (TokenClassifier classifier = TokenClassifier.builder(Tiny.FOLDER)
                .intraOpThreads(1)
                .optimizationLevel("ALL_OPT")
                .selfTest(true)
                .build()) {
            List<Entity> found = classifier.classify(Tiny.texts().get(0));
            System.out.println("entities " + found.size() + " direct " + !Graphs.engineStarts());
            System.out.println("onnxruntime=" + OrtEnvironment.getEnvironment().getVersion());
        }
    }

    @Test
    void anEnvironmentMadeByOthersIsNoObstacle() throws Exception {
        String output = OtherJvm.run(GraphsTest.class, List.of());
        try (TokenClassifier classifier = TokenClassifier.load(Tiny.FOLDER)) {
            int count = classifier.classify(Tiny.texts().get(0)).size();
            assertTrue(output.contains("entities " + count + " direct true"), output);
        }
        assertTrue(
                output.contains("onnxruntime=" + OrtEnvironment.getEnvironment().getVersion()), output);
    }

    @Test
    void aProfileIsWrittenForTheCallerAndNeverForAnArchive(@TempDir Path folder) throws IOException {
        String start = folder.resolve("run").toString();
        Map<String, String> profile = Map.of(SessionSettings.PROFILE, start);
        Graphs.load(Tiny.FOLDER, OutputForm.TOKENS, new SessionSettings("cpu", profile, Map.of()))
                .close();
        assertEquals(0, files(folder));
        Graphs.load(Tiny.FOLDER, OutputForm.TOKENS, new SessionSettings("cpu", Map.of(), profile))
                .close();
        assertEquals(1, files(folder));
        Map<String, String> second = Map.of(SessionSettings.PROFILE, start + "2");
        new OrtGraph(Tiny.FOLDER, OutputForm.TOKENS, new SessionSettings("cpu", Map.of(), second)).close();
        assertEquals(2, files(folder));
        TokenClassifier.builder(Tiny.FOLDER)
                .profile(folder.resolve("public"))
                .build()
                .close();
        assertEquals(3, files(folder));
    }

    private static long files(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(f -> f.toString().endsWith(".json")).count();
        }
    }

    @Test
    void bothWaysGiveTheSameLogits() throws IOException {
        SessionSettings settings = new SessionSettings("cpu", Map.of("customOpLibrary", "/nowhere.so"), Map.of());
        ModelFolder folder = ModelFolder.read(Tiny.FOLDER, Map.of());
        try (Graph through = Graphs.load(Tiny.FOLDER, OutputForm.TOKENS, settings);
                Graph straight = new OrtGraph(Tiny.FOLDER, OutputForm.TOKENS, settings);
                Tokenization tokenization = folder.tokenization()) {
            List<Encoded> rows = List.of(
                    tokenization.windows("Ada Lovelace", -1).get(0),
                    tokenization.windows("in London, UK.", -1).get(0));
            Batch batch = Batch.of(rows, folder.tokenizer().padding());
            assertEquals(through.inputs(), straight.inputs());
            List<Logits> expected = through.run(batch);
            List<Logits> found = straight.run(batch);
            for (int i = 0; i < rows.size(); i++) {
                assertEquals(
                        Arrays.toString(expected.get(i).copy()),
                        Arrays.toString(found.get(i).copy()));
            }
        }
    }

    @Test
    void theThreadsOfAnArchiveAreNotStarted() throws IOException {
        Map<String, String> own = Map.of(
                "intraOpNumThreads", "1500",
                "interOpNumThreads", "many",
                "disablePerSessionThreads", "true",
                "executionMode", "SEQUENTIAL",
                "memoryPatternOptimization", "true",
                "cpuArenaAllocator", "false");
        SessionSettings settings = new SessionSettings("cpu", own, Map.of("intraOpNumThreads", "1"));
        long before = threads();
        try (Graph through = Graphs.load(Tiny.FOLDER, OutputForm.TOKENS, settings);
                Graph straight = new OrtGraph(Tiny.FOLDER, OutputForm.TOKENS, settings)) {
            assertTrue(threads() - before < 100, "threads: " + before + ", then " + threads());
            assertEquals(through.inputs(), straight.inputs());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> new SessionSettings("cpu", Map.of("executionMode", "ODD"), Map.of()));
    }

    @Test
    void bothWaysHaveTheThreadsThatAreAskedFor() throws IOException {
        SessionSettings many = new SessionSettings("cpu", Map.of(), Map.of("intraOpNumThreads", "60"));
        long before = threads();
        try (Graph through = Graphs.load(Tiny.FOLDER, OutputForm.TOKENS, many)) {
            assertEquals(59, threads() - before, 8, through.toString());
            long between = threads();
            try (Graph straight = new OrtGraph(Tiny.FOLDER, OutputForm.TOKENS, many)) {
                assertEquals(59, threads() - between, 8, straight.toString());
            }
        }
    }

    /** The threads of this process, ONNX Runtime's included. */
    private static long threads() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/task"))) {
            return all.count();
        }
    }

    @Test
    void devicesAreNamedAsInDjl() {
        assertEquals(
                "cpu", new SessionSettings("cpu", Map.of(), Map.of()).device().getDeviceType());
        assertEquals(1, new SessionSettings("gpu1", Map.of(), Map.of()).device().getDeviceId());
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> new SessionSettings("tpu", Map.of(), Map.of()));
        assertTrue(e.getMessage().contains("'tpu'"), e.getMessage());
    }

    @Test
    void settingsThatCannotBeAreRefusedWhereTheyAreMade() {
        ModelBuilder<TokenClassifier, String, EntityOptions> builder = TokenClassifier.builder(Tiny.FOLDER);
        assertThrows(IllegalArgumentException.class, () -> builder.intraOpThreads(-3));
        assertThrows(IllegalArgumentException.class, () -> builder.interOpThreads(-1));
        assertThrows(IllegalArgumentException.class, () -> builder.optimizationLevel("MOST"));
        for (String device : new String[] {"tpu", "", "GPU0", "gpu-1", "cpu0", "gpu0 "}) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> builder.device(device), device);
            assertTrue(e.getMessage().contains("'" + device + "'"), e.getMessage());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> new SessionSettings("cpu", Map.of(), Map.of("intraOpNumThreads", "many")));
        // What ends the process in ONNX Runtime is 1,500.
        for (IntConsumer threads : List.<IntConsumer>of(builder::intraOpThreads, builder::interOpThreads)) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> threads.accept(1025));
            assertTrue(e.getMessage().contains("1024") && e.getMessage().contains("'1025'"), e.getMessage());
            threads.accept(1024);
        }
        assertThrows(IllegalArgumentException.class, () -> builder.concurrentRuns(1025));
        builder.intraOpThreads(0)
                .interOpThreads(2)
                .optimizationLevel("NO_OPT")
                .device("gpu0")
                .device("cpu");
    }

    @Test
    void anInputThatCannotBeGivenIsNamed() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> GraphInputs.checked(List.of("input_ids", "bbox")));
        assertTrue(e.getMessage().contains("'bbox'") && e.getMessage().contains("[input_ids, bbox]"), e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> GraphInputs.checked(List.of("attention_mask")));
    }

    @Test
    void theLogitsAreFoundByNameOrAlone() {
        assertEquals(1, GraphInputs.output(List.of("hidden", "logits")));
        assertEquals(0, GraphInputs.output(List.of("output_0")));
        assertThrows(IllegalStateException.class, () -> GraphInputs.output(List.of("a", "b")));
    }

    @Test
    void outputsOfAnotherShapeAreNoTokenClassifiers() {
        Batch batch = new Batch(List.of(), 0, Padding.of(null));
        assertThrows(IllegalStateException.class, () -> read(batch, OutputForm.TOKENS, new float[0], 0, 0));
    }

    @Test
    void paddingFollowsTheSideOfTokenizerJson() {
        Encoded two = two();
        Encoded one = new Encoded(new long[] {7}, new long[] {1}, new long[] {1}, new long[1], new int[1], new int[1]);
        Padding left =
                Padding.of(JsonParser.parseString("{\"direction\": \"Left\", \"pad_id\": 9, \"pad_type_id\": 3}"));
        Batch batch = new Batch(List.of(two, one), 3, left);
        assertEquals("[[9, 5, 6], [9, 9, 7]]", Arrays.deepToString(batch.rows("input_ids")));
        assertEquals("[[0, 1, 1], [0, 0, 1]]", Arrays.deepToString(batch.rows("attention_mask")));
        assertEquals("[[3, 1, 1], [3, 3, 1]]", Arrays.deepToString(batch.rows("token_type_ids")));
        float[] output = {0, 1, 2, 3, 4, 5};
        List<Logits> logits = read(batch, OutputForm.TOKENS, output, 2, 3, 1);
        assertEquals(1f, logits.get(0).copy()[0]);
        assertEquals(5f, logits.get(1).copy()[0]);
        Batch right = new Batch(List.of(two, one), 3, Padding.of(null));
        assertEquals("[[5, 6, 0], [7, 0, 0]]", Arrays.deepToString(right.rows("input_ids")));
    }

    @Test
    void aRowATextIsReadAsOne() {
        Batch batch = new Batch(List.of(two(), two()), 2, Padding.of(null));
        List<Logits> logits = read(batch, OutputForm.ROW, new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
        assertEquals("[3.0, 4.0, 5.0]", Arrays.toString(logits.get(1).copy()));
        assertEquals(1, logits.get(1).rows());
        IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> read(batch, OutputForm.ROW, new float[4], 2, 2, 1));
        assertTrue(e.getMessage().contains("expected logits of shape [2, labels], found [2, 2, 1]"), e.getMessage());
    }

    @Test
    void startsAndEndsAreTwoColumns() {
        Batch batch = new Batch(List.of(two()), 2, Padding.of(null));
        List<long[]> shapes = List.of(new long[] {1, 2}, new long[] {1, 2});
        List<Logits> logits =
                Outputs.logits(batch, OutputForm.SPANS, List.of(new float[] {1, 2}, new float[] {3, 4}), shapes);
        assertEquals("[1.0, 3.0, 2.0, 4.0]", Arrays.toString(logits.get(0).copy()));
        assertArrayEquals(new int[] {2, 0}, OutputForm.SPANS.outputs(List.of("end_logits", "x", "start_logits")));
        assertThrows(IllegalStateException.class, () -> OutputForm.SPANS.outputs(List.of("logits")));
    }

    @Test
    void onlyTheRowsThatAreWantedAreKept() {
        Padding left = Padding.of(JsonParser.parseString("{\"direction\": \"Left\"}"));
        Batch batch = new Batch(List.of(two().wanting(new int[] {1}, 0), two()), 3, left);
        float[] output = new float[2 * 3 * 2];
        for (int i = 0; i < output.length; i++) {
            output[i] = i;
        }
        List<Logits> logits = read(batch, OutputForm.TOKENS, output, 2, 3, 2);
        assertEquals("[4.0, 5.0]", Arrays.toString(logits.get(0).values()));
        assertEquals("[8.0, 9.0, 10.0, 11.0]", Arrays.toString(logits.get(1).copy()));
        assertEquals(2, logits.get(1).rows());
    }

    private static List<Logits> read(Batch batch, OutputForm form, float[] values, long... shape) {
        return Outputs.logits(batch, form, List.of(values), List.of(shape));
    }

    private static Encoded two() {
        return new Encoded(
                new long[] {5, 6}, new long[] {1, 1}, new long[] {1, 1}, new long[2], new int[2], new int[2]);
    }
}
