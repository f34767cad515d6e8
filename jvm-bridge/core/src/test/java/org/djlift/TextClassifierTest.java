package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.djlift.archive.ArchiveException;
import org.djlift.data.Calibration;
import org.djlift.data.LabelScore;
import org.djlift.data.ScoreFunction;
import org.djlift.data.SelfTest;
import org.djlift.data.StageTimes;
import org.djlift.data.TextPair;
import org.djlift.support.Tiny;
import org.djlift.support.TinyClassifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Labels and scores are those of transformers' pipeline. */
class TextClassifierTest {

    private static final float EXACT = 1e-4f;

    private static TextClassifier classifier;
    private static List<JsonObject> cases;
    private static List<TextPair> inputs;

    @BeforeAll
    static void load() throws IOException {
        classifier = TextClassifier.load(TinyClassifier.FOLDER);
        cases = TinyClassifier.cases();
        inputs = TinyClassifier.inputs();
    }

    @AfterAll
    static void close() {
        classifier.close();
    }

    @Test
    void everyVariantIsThePipelines() {
        ClassificationOptions all = ClassificationOptions.defaults().allLabels();
        assertGolden("default", classifier.classifyPairs(inputs));
        assertGolden("all", classifier.classifyPairs(inputs, all));
        assertGolden("all-none", classifier.classifyPairs(inputs, all.function(ScoreFunction.NONE)));
        assertGolden(
                "two-sigmoid",
                classifier.classifyPairs(
                        inputs, all.function(ScoreFunction.SIGMOID).topK(2)));
    }

    @Test
    void oneAtATimeIsTheSame() {
        List<List<LabelScore>> alone = inputs.stream().map(classifier::classify).collect(Collectors.toList());
        assertGolden("default", alone);
        MicroBatcher<TextPair, List<LabelScore>, ClassificationOptions> door = classifier.latency();
        assertGolden("default", inputs.stream().map(door::run).collect(Collectors.toList()));
        String text = inputs.get(0).text();
        assertEquals(classifier.classify(TextPair.of(text)), classifier.classify(text));
        assertEquals(List.of(classifier.classify(text)), classifier.classify(List.of(text)));
    }

    @Test
    void theOrderOfAPairMatters() {
        ClassificationOptions logits =
                ClassificationOptions.defaults().allLabels().function(ScoreFunction.NONE);
        TextPair pair = inputs.get(inputs.size() - 1);
        TextPair swapped = TextPair.of(pair.pair().orElseThrow(), pair.text());
        assertFalse(classifier.classify(pair, logits).equals(classifier.classify(swapped, logits)));
        assertFalse(classifier.classify(pair, logits).equals(classifier.classify(pair.text(), logits)));
    }

    @Test
    void streamsKeepTheirOrderAndGoOnAfterAFailure(@TempDir Path folder) throws IOException {
        int count = 3000;
        Iterator<Outcome<Integer, List<LabelScore>>> found =
                classifier.classify(IntStream.range(0, count).iterator(), n -> n % 7 == 0 ? null : "a" + n % 50);
        for (int i = 0; i < count; i++) {
            Outcome<Integer, List<LabelScore>> one = found.next();
            assertEquals(i, one.item());
            assertEquals(i % 7 == 0, one.output().isEmpty());
        }
        assertFalse(found.hasNext());
        try (TextClassifier poisoned = TextClassifier.load(TinyClassifier.withPoison(folder))) {
            List<String> texts = List.of("fine", "poison!", "fine too");
            Iterator<Outcome<String, List<LabelScore>>> outcomes = poisoned.classify(texts.iterator(), text -> text);
            assertEquals(
                    Optional.of(classifier.classify("fine")), outcomes.next().output());
            Outcome<String, List<LabelScore>> failed = outcomes.next();
            assertTrue(failed.failure().orElseThrow().getMessage().startsWith("input 1 cannot be run: "));
            assertThrows(TextException.class, failed::output);
            assertEquals(
                    Optional.of(classifier.classify("fine too")),
                    outcomes.next().output());
            TextException e = assertThrows(TextException.class, () -> poisoned.classify(texts));
            assertEquals(1, e.index());
            assertTrue(e.getMessage().endsWith("\"poison!\""), e.getMessage());
            Iterator<List<LabelScore>> strict = poisoned.classify(texts.iterator());
            strict.next();
            assertThrows(TextException.class, strict::next);
            assertEquals(classifier.classify("fine too"), strict.next());
        }
    }

    @Test
    void equalInputsAreRunOnceAndAnsweredApart() {
        StageTimes before = classifier.stageTimes();
        List<List<LabelScore>> found = classifier.classify(List.of("same", "same", "same"));
        StageTimes done = classifier.stageTimes().since(before);
        assertEquals(1, done.runs());
        assertEquals(3, done.texts());
        assertEquals(found.get(0), found.get(2));
        assertNotSame(found.get(0), found.get(2));
        found.get(0).clear();
        assertEquals(1, found.get(1).size());
    }

    @Test
    void manyThreadsGetWhatOneGets() throws Exception {
        List<List<LabelScore>> expected = classifier.classifyPairs(inputs);
        MicroBatcher<TextPair, List<LabelScore>, ClassificationOptions> door =
                classifier.latency(LatencyOptions.defaults().maxWait(Duration.ofMillis(1)));
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<List<List<LabelScore>>>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(pool.submit(() -> inputs.stream().map(door::run).collect(Collectors.toList())));
            }
            for (Future<List<List<LabelScore>>> one : all) {
                assertClose(expected, one.get());
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void whatATaskDoesNotTakeIsNamed() {
        List<String> one = List.of("{\"text\": \"a\"}");
        assertSays("found 'topk'", () -> ModelJson.json(classifier, one, "{\"topk\": 1}"));
        assertSays("a whole number for 'top_k'", () -> ModelJson.json(classifier, one, "{\"top_k\": 1.5}"));
        assertSays("at least 1 for 'top_k'", () -> ModelJson.json(classifier, one, "{\"top_k\": 0}"));
        assertSays(
                "softmax, sigmoid or none", () -> ModelJson.json(classifier, one, "{\"function_to_apply\": \"tanh\"}"));
        List<String> two = List.of("{\"text\":\"a\"}", "{}");
        assertSays("input 1: expected a text for 'text'", () -> ModelJson.json(classifier, two, null));
        assertSays(
                "found 'pair'", () -> ModelJson.json(classifier, List.of("{\"text\": \"a\", \"pair\": \"b\"}"), null));
        assertSays("JSON that is no object", () -> ModelJson.json(classifier, List.of("[]"), null));
        assertSays("topK must be at least 1", () -> ClassificationOptions.defaults()
                .topK(0));
        NullPointerException e =
                assertThrows(NullPointerException.class, () -> classifier.classify(Arrays.asList("a", null)));
        assertEquals("the input at index 1 is null", e.getMessage());
        assertThrows(
                NullPointerException.class,
                () -> classifier.classify(Collections.<String>emptyIterator(), (Function<String, String>) null));
    }

    @Test
    void theBuildersOptionsAreThoseOfCallsThatNameNone() throws IOException {
        try (TextClassifier all = TextClassifier.builder(TinyClassifier.FOLDER)
                .options(ClassificationOptions.defaults().allLabels())
                .build()) {
            assertGolden("all", all.classifyPairs(inputs));
            assertEquals(List.of("calm", "glad", "sad"), all.labels());
            assertEquals(32, all.maxLength());
            assertEquals("text-classification", all.manifest().task());
        }
    }

    @Test
    void withoutAWordFromTheArchiveTheModelsKindDecides(@TempDir Path folder) throws IOException {
        Path silent = TinyClassifier.changed(
                folder.resolve("silent.zip"),
                "serving.properties",
                text -> text.replaceFirst("(?m)^parameters=.*\n", ""));
        try (TextClassifier other = TextClassifier.load(silent)) {
            assertGolden("default", other.classifyPairs(inputs));
        }
    }

    @Test
    void aClosedOneSaysSo() throws IOException {
        TextClassifier closed = TextClassifier.load(TinyClassifier.FOLDER);
        Iterator<List<LabelScore>> open = closed.classify(List.of("a").iterator());
        closed.close();
        closed.close();
        assertTrue(assertThrows(IllegalStateException.class, () -> closed.classify("a"))
                .getMessage()
                .endsWith("is closed"));
        assertThrows(IllegalStateException.class, open::next);
    }

    @Test
    void anArchiveOfAnotherTaskIsRefused() {
        ArchiveException e = assertThrows(ArchiveException.class, () -> TextClassifier.load(Tiny.FOLDER));
        assertEquals("the task text-classification", e.expected());
    }

    @Test
    void theArchiveProvesItself() throws IOException {
        try (Archive archive = Archive.open(TinyClassifier.FOLDER)) {
            SelfTest result = archive.selfTest();
            assertTrue(result.passed(), result.toString());
            assertEquals(cases.size(), result.texts());
            assertTrue(result.levels().stream().allMatch(level -> level.compared() >= cases.size()), result.toString());
        }
        TextClassifier.builder(TinyClassifier.FOLDER).selfTest(true).build().close();
    }

    @Test
    void whatDivergesIsFound(@TempDir Path folder) throws IOException {
        String cases = "golden/cases.jsonl";
        assertFails(folder, "outputs", cases, text -> text.replaceFirst("\"label\":\"sad\"", "\"label\":\"calm\""));
        assertFails(folder, "tokens", cases, text -> text.replaceFirst("\"type_ids\":\\[0", "\"type_ids\":[1"));
        assertFails(folder, "outputs", "djlift.json", text -> text.replaceFirst("\"sigmoid\"", "\"softmax\""));
        // The model's own answers change with the function, those of calls that name one do not.
        assertFails(folder, "decoding", "serving.properties", text -> text.replace("softmax", "none"));
    }

    @Test
    void calibratingTakesItsInputs() throws IOException {
        Calibration found = TextClassifier.builder(TinyClassifier.FOLDER)
                .intraOpThreads(1)
                .calibrate(inputs, Duration.ofMillis(50));
        TextClassifier.builder(TinyClassifier.FOLDER).calibration(found).build().close();
    }

    private static void assertFails(Path folder, String level, String file, UnaryOperator<String> change)
            throws IOException {
        Path zip = TinyClassifier.changed(folder.resolve(level + file.hashCode() + ".zip"), file, change);
        try (Archive archive = Archive.open(zip)) {
            SelfTest result = archive.selfTest();
            assertFalse(result.passed());
            assertTrue(
                    result.levels().stream().anyMatch(l -> l.name().equals(level) && !l.passed()), result.toString());
        }
        assertThrows(
                ArchiveException.class,
                () -> TextClassifier.builder(zip).selfTest(true).build());
    }

    private static void assertSays(String part, Executable call) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    private static void assertGolden(String variant, List<List<LabelScore>> found) {
        assertEquals(cases.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            JsonArray expected = cases.get(i)
                    .getAsJsonObject("outputs")
                    .getAsJsonObject(variant)
                    .getAsJsonArray("labels");
            assertEquals(expected.size(), found.get(i).size());
            for (int k = 0; k < expected.size(); k++) {
                JsonObject one = expected.get(k).getAsJsonObject();
                assertEquals(one.get("label").getAsString(), found.get(i).get(k).label());
                assertEquals(one.get("score").getAsFloat(), found.get(i).get(k).score(), EXACT);
            }
        }
    }

    private static void assertClose(List<List<LabelScore>> expected, List<List<LabelScore>> found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            assertEquals(expected.get(i).get(0).label(), found.get(i).get(0).label());
            assertEquals(expected.get(i).get(0).score(), found.get(i).get(0).score(), EXACT);
        }
    }
}
