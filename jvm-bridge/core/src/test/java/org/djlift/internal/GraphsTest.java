package org.djlift.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;

import com.google.gson.JsonParser;

import org.djlift.Entity;
import org.djlift.Tiny;
import org.djlift.TokenClassifier;
import org.djlift.TokenClassifierBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
            System.out.println(Harness.versions());
        }
    }

    @Test
    void anEnvironmentMadeByOthersIsNoObstacle() throws Exception {
        String output = OtherJvm.run(GraphsTest.class, List.of());
        try (TokenClassifier classifier = TokenClassifier.load(Tiny.FOLDER)) {
            int count = classifier.classify(Tiny.texts().get(0)).size();
            assertTrue(output.contains("entities " + count + " direct true"), output);
        }
        assertTrue(output.contains("onnxruntime=" + Harness.versions().get("onnxruntime")), output);
    }

    @Test
    void aProfileIsWrittenForTheCallerAndNeverForAnArchive(@TempDir Path folder) throws IOException {
        String start = folder.resolve("run").toString();
        Map<String, String> profile = Map.of(SessionSettings.PROFILE, start);
        Graphs.load(Tiny.FOLDER, new SessionSettings("cpu", profile, Map.of())).close();
        assertEquals(0, files(folder));
        Graphs.load(Tiny.FOLDER, new SessionSettings("cpu", Map.of(), profile)).close();
        assertEquals(1, files(folder));
        new OrtGraph(Tiny.FOLDER, new SessionSettings("cpu", Map.of(), Map.of(SessionSettings.PROFILE, start + "2")))
                .close();
        assertEquals(2, files(folder));
        TokenClassifier.builder(Tiny.FOLDER).profile(folder.resolve("public")).build().close();
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
        try (Graph through = Graphs.load(Tiny.FOLDER, settings);
                Graph straight = new OrtGraph(Tiny.FOLDER, settings);
                Tokenization tokenization = folder.tokenization()) {
            List<Encoded> rows = List.of(
                    tokenization.windows("Ada Lovelace", -1).get(0), tokenization.windows("in London, UK.", -1).get(0));
            Batch batch = Batch.of(rows, folder.tokenizer().padding());
            assertEquals(through.inputs(), straight.inputs());
            List<Logits> expected = through.run(batch);
            List<Logits> found = straight.run(batch);
            for (int i = 0; i < rows.size(); i++) {
                assertEquals(
                        Arrays.toString(expected.get(i).copy(rows.get(i).length())),
                        Arrays.toString(found.get(i).copy(rows.get(i).length())));
            }
        }
    }

    @Test
    void devicesAreNamedAsInDjl() {
        assertEquals("cpu", new SessionSettings("cpu", Map.of(), Map.of()).device().getDeviceType());
        assertEquals(1, new SessionSettings("gpu1", Map.of(), Map.of()).device().getDeviceId());
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> new SessionSettings("tpu", Map.of(), Map.of()));
        assertTrue(e.getMessage().contains("'tpu'"), e.getMessage());
    }

    @Test
    void settingsThatCannotBeAreRefusedWhereTheyAreMade() {
        TokenClassifierBuilder builder = TokenClassifier.builder(Tiny.FOLDER);
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
                () -> new SessionSettings("cpu", Map.of("intraOpNumThreads", "many"), Map.of()));
        builder.intraOpThreads(0).interOpThreads(2).optimizationLevel("NO_OPT").device("gpu0").device("cpu");
    }

    @Test
    void anInputThatCannotBeGivenIsNamed() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> GraphInputs.checked(List.of("input_ids", "bbox")));
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
        assertThrows(IllegalStateException.class, () -> Outputs.logits(batch, new float[0], new long[] {0, 0}));
    }

    @Test
    void paddingFollowsTheSideOfTokenizerJson() {
        Encoded two = new Encoded(
                new long[] {5, 6}, new long[] {1, 1}, new long[] {1, 1}, new long[2], new int[2], new int[2]);
        Encoded one = new Encoded(new long[] {7}, new long[] {1}, new long[] {1}, new long[1], new int[1], new int[1]);
        Padding left = Padding.of(JsonParser.parseString(
                "{\"direction\": \"Left\", \"pad_id\": 9, \"pad_type_id\": 3}"));
        Batch batch = new Batch(List.of(two, one), 3, left);
        assertEquals("[[9, 5, 6], [9, 9, 7]]", Arrays.deepToString(batch.rows("input_ids")));
        assertEquals("[[0, 1, 1], [0, 0, 1]]", Arrays.deepToString(batch.rows("attention_mask")));
        assertEquals("[[3, 1, 1], [3, 3, 1]]", Arrays.deepToString(batch.rows("token_type_ids")));
        float[] output = {0, 1, 2, 3, 4, 5};
        List<Logits> logits = Outputs.logits(batch, output, new long[] {2, 3, 1});
        assertEquals(1f, logits.get(0).copy(2)[0]);
        assertEquals(5f, logits.get(1).copy(1)[0]);
        Batch right = new Batch(List.of(two, one), 3, Padding.of(null));
        assertEquals("[[5, 6, 0], [7, 0, 0]]", Arrays.deepToString(right.rows("input_ids")));
    }
}
