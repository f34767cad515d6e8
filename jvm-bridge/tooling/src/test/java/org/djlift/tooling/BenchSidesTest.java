package org.djlift.tooling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.repository.zoo.ModelNotFoundException;
import ai.onnxruntime.OrtException;

import org.djlift.TokenClassifier;
import org.djlift.support.Tiny;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The sides of a benchmark give what their doors give, and measure what they run. */
class BenchSidesTest {

    private static final String[] TEXTS = Tiny.texts().toArray(new String[0]);
    private static final String SIMPLE = "{\"aggregation_strategy\": \"simple\"}";
    private static final int[] ALL = IntStream.range(0, TEXTS.length).toArray();

    @Test
    void djliftGivesWhatItGivesElsewhere() throws Exception {
        try (TokenClassifier classifier = TokenClassifier.load(Tiny.FOLDER);
                BenchSide side = DjliftBench.ofTexts(classifier, TEXTS, SIMPLE)) {
            String[] expected = Harness.classifyJson(classifier, TEXTS, "simple", -1);
            assertTrue(side.run(ALL, 1) > 0);
            assertArrayEquals(expected, side.answers());
            side.run(new int[] {3, 1}, 1);
            assertArrayEquals(new String[] {expected[3], expected[1]}, side.answers());
            assertPositive(side.alone(new int[] {0, 1, 2}), 3);
        }
    }

    @Test
    void aTextIsAsLongAsTheModelSeesIt() throws Exception {
        String[] texts = {"", "Ada", "Ada ".repeat(100)};
        try (TokenClassifier classifier = TokenClassifier.load(Tiny.FOLDER)) {
            int[] lengths = DjliftBench.ofTexts(classifier, texts, SIMPLE).lengths();
            assertEquals(2, lengths[0]);
            assertTrue(lengths[1] > 2 && lengths[1] < 10, Arrays.toString(lengths));
            assertEquals(classifier.maxLength(), lengths[2]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 1000})
    void plainDjlGivesWhatItGivesTextByText(int batch) throws Exception {
        String[] expected = StockDoor.classifyJson(Tiny.FOLDER, "none", ascii());
        try (StockBench side = new StockBench(Tiny.FOLDER, "none", "cpu", 1, ascii())) {
            assertTrue(side.run(IntStream.range(0, expected.length).toArray(), batch) > 0);
            String[] found = side.answers();
            assertEquals(expected.length, found.length);
            for (int i = 0; i < found.length; i++) {
                assertEquals(places(expected[i]), places(found[i]));
            }
            assertPositive(side.alone(new int[] {0, 1}), 2);
        }
    }

    @Test
    void whatPlainDjlThrowsIsTheAnswerOfItsWholeBatch() throws Exception {
        String[] texts = {"Ada", null, "Ada", "Ada"};
        try (StockBench side = new StockBench(Tiny.FOLDER, "simple", "cpu", 1, texts)) {
            side.run(new int[] {0, 1, 2, 3}, 2);
            String[] found = side.answers();
            assertTrue(found[0].startsWith("{\"error\":") && found[1].startsWith("{\"error\":"), found[0]);
            assertTrue(found[2].startsWith("{\"entities\":") && found[3].startsWith("{\"entities\":"), found[2]);
            assertPositive(side.alone(new int[] {1}), 1);
        }
    }

    @Test
    void whatCannotBeLoadedIsRefused() {
        assertThrows(
                ModelNotFoundException.class, () -> new StockBench(Path.of("no-such-folder"), "none", "cpu", 1, TEXTS));
        assertThrows(IllegalArgumentException.class, () -> new StockBench(Tiny.FOLDER, "none", "tpu", 1, TEXTS));
        assertThrows(OrtException.class, () -> new BenchGemm(new byte[] {1}, 1, 1, 1));
    }

    private static String[] ascii() {
        return Arrays.stream(TEXTS)
                .filter(text -> text.chars().allMatch(unit -> unit < 128))
                .toArray(String[]::new);
    }

    /** A line without its scores, whose last digits depend on the batch. */
    private static String places(String line) {
        return line.replaceAll("\"score\":[^,}]*", "");
    }

    private static void assertPositive(long[] times, int count) {
        assertEquals(count, times.length);
        assertTrue(Arrays.stream(times).allMatch(time -> time > 0), Arrays.toString(times));
    }
}
