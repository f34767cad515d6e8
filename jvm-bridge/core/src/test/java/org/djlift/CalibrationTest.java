package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.data.Calibration;
import org.djlift.data.Entity;
import org.djlift.internal.engine.Calibrator;
import org.djlift.internal.engine.LoadSettings;
import org.djlift.support.Tiny;
import org.djlift.support.WithTinyClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What is fastest is tried out, kept in a file and believed only from a whole one; results stay the same. */
class CalibrationTest extends WithTinyClassifier {

    private static final Duration SHORT = Duration.ofMillis(800);

    @Test
    void runsAtATimeGiveTheSameInTheSameOrder() throws Exception {
        List<String> texts = IntStream.range(0, 3000)
                .mapToObj(i -> "Ada " + i + " met Babbage ".repeat(i % 5))
                .collect(Collectors.toList());
        List<List<Entity>> expected = classifier.classify(texts);
        try (TokenClassifier other = TokenClassifier.builder(Tiny.FOLDER)
                .concurrentRuns(4)
                .intraOpThreads(1)
                .tokenBudget(100)
                .build()) {
            List<List<Entity>> found = other.classify(texts);
            for (int i = 0; i < texts.size(); i++) {
                TokenClassifierTest.assertSame(expected.get(i), found.get(i));
            }
        }
    }

    /** Ten of sixty fail, and are the longest, so they share runs: those beside them are answered all the same. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aTextThatFailsIsNamedAmongRunsAtATime(int runs, @TempDir Path folder) throws Exception {
        try (TokenClassifier fragile = TokenClassifier.builder(Tiny.withPoison(folder))
                .concurrentRuns(runs)
                .tokenBudget(60)
                .build()) {
            List<String> texts = IntStream.range(0, 60)
                    .mapToObj(i -> i % 6 == 1 ? "Oh! " + i : "Ada " + i)
                    .collect(Collectors.toList());
            List<Outcome<String, List<Entity>>> all = new ArrayList<>();
            fragile.classify(texts.iterator(), Function.identity()).forEachRemaining(all::add);
            assertEquals(texts, all.stream().map(Outcome::item).collect(Collectors.toList()));
            for (int i = 0; i < 60; i++) {
                Outcome<String, List<Entity>> found = all.get(i);
                assertEquals(i % 6 == 1, found.failure().isPresent(), found.toString());
                if (i % 6 == 1) {
                    assertEquals(i, found.failure().orElseThrow().index());
                } else {
                    TokenClassifierTest.assertSame(
                            classifier.classify(texts.get(i)), found.output().orElseThrow());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void whereNothingRunsTheCallFails(int runs, @TempDir Path folder) throws Exception {
        try (TokenClassifier fragile = TokenClassifier.builder(Tiny.withPoison(folder))
                .concurrentRuns(runs)
                .tokenBudget(60)
                .build()) {
            List<String> texts =
                    IntStream.range(0, 60).mapToObj(i -> "Oh! " + i).collect(Collectors.toList());
            Iterator<Outcome<String, List<Entity>>> found = fragile.classify(texts.iterator(), Function.identity());
            RuntimeException e = assertThrows(RuntimeException.class, found::next);
            assertFalse(e instanceof TextException, e.toString());
        }
    }

    /** A budget of one token runs each text alone: any other is faster by more than noise. */
    @Test
    void aBadSettingIsFoundOutAndTheBuilderIsLeftAsItWas() throws Exception {
        ModelBuilder<TokenClassifier, String, EntityOptions> builder =
                TokenClassifier.builder(Tiny.FOLDER).tokenBudget(1).intraOpThreads(1);
        Calibration found = builder.calibrate(Tiny.texts(), SHORT);
        assertNotEquals(1, found.tokenBudget());
        assertTrue(found.gain() > 1.03, found.toString());
        assertEquals(1, builder.settings().tokenBudget);
        assertEquals("tiny 1.0 fp32", found.archive());
        assertEquals(Runtime.getRuntime().availableProcessors(), found.processors());
        try (TokenClassifier calibrated = builder.calibration(found).build()) {
            List<List<Entity>> entities = calibrated.classify(Tiny.texts());
            for (int i = 0; i < entities.size(); i++) {
                TokenClassifierTest.assertSame(classifier.classify(Tiny.texts()).get(i), entities.get(i));
            }
        }
    }

    @Test
    void aZipIsCalibratedOnAndGoneAfterwards() throws Exception {
        Calibration found = TokenClassifier.builder(Tiny.ZIP).calibrate(Tiny.texts(), SHORT);
        assertTrue(found.gain() >= 1, found.toString());
    }

    @Test
    void theSplitsKeepTheThreadsBusy() {
        assertEquals("[]", shown(1));
        assertEquals("[[2, 1]]", shown(2));
        assertEquals("[[2, 7], [4, 5], [8, 1]]", shown(8));
        assertEquals("[[2, 5], [4, 3], [6, 1]]", shown(6));
    }

    private static String shown(int threads) {
        return Calibrator.splits(threads).stream()
                .map(Arrays::toString)
                .collect(Collectors.toList())
                .toString();
    }

    @Test
    void whatIsWrittenIsReadAndReachesTheBuilder(@TempDir Path folder) throws Exception {
        Calibration written = new Calibration("a 1.0 fp32", 2, 512, 3, 4, 1.25);
        Path file = folder.resolve("calibration.json");
        written.write(file);
        written.write(file);
        try (Stream<Path> all = Files.list(folder)) {
            assertEquals(List.of(file), all.collect(Collectors.toList()));
        }
        Path other = Files.createFile(folder.resolve("other"));
        assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(file));
        Calibration read = Calibration.read(file);
        assertEquals(written.toString(), read.toString());
        ModelBuilder<TokenClassifier, String, EntityOptions> builder =
                TokenClassifier.builder(Tiny.FOLDER).calibration(read);
        assertEquals(512, builder.settings().tokenBudget);
        assertEquals(3, builder.settings().concurrentRuns);
        assertEquals(4, builder.settings().intraOpThreads());
        assertThrows(IOException.class, () -> written.write(folder.resolve("nowhere/calibration.json")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"format\": 1|\"format\": 2|format 2",
                "\"token_budget\": 512|\"token_budget\": 0|token_budget 0",
                "\"concurrent_runs\": 3|\"concurrent_runs\": \"3\"|concurrent_runs 3",
                "\"concurrent_runs\": 3|\"concurrent_runs\": 1.5|concurrent_runs 1.5",
                "\"intra_op_threads\": 4,||intra_op_threads null",
                "\"processors\": 2|\"processors\": 99999999999999999999|processors 99999999999999999999",
                "\"gain\": 1.25|\"gain\": null|no gain",
                "\"archive\": \"a 1.0 fp32\"|\"archive\": 7|",
            })
    void aFileThatIsNoCalibrationIsRefused(String old, String altered, String said, @TempDir Path folder)
            throws Exception {
        Path file = folder.resolve("calibration.json");
        new Calibration("a 1.0 fp32", 2, 512, 3, 4, 1.25).write(file);
        String text = Files.readString(file);
        assertTrue(text.contains(old), text);
        Files.writeString(file, text.replace(old, altered == null ? "" : altered));
        IOException e = assertThrows(IOException.class, () -> Calibration.read(file));
        assertTrue(e.getMessage().startsWith(file + ": expected a calibration of djlift, found "), e.getMessage());
        assertTrue(said == null || e.getMessage().contains(said), e.getMessage());
        Files.writeString(file, "[]");
        assertThrows(IOException.class, () -> Calibration.read(file));
    }

    @Test
    void whatCannotBeTriedIsRefused() {
        ModelBuilder<TokenClassifier, String, EntityOptions> builder = TokenClassifier.builder(Tiny.FOLDER);
        assertThrows(IllegalArgumentException.class, () -> builder.calibrate(List.of(), SHORT));
        assertThrows(IllegalArgumentException.class, () -> builder.calibrate(List.of("a"), Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> builder.concurrentRuns(0));
    }

    @Test
    void oneThatNoMachineCanHaveIsRefused() {
        for (int[] wrong : new int[][] {{0, 1, 1}, {1, 0, 1}, {1, 1025, 1}, {1, 1, -1}, {1, 1, 1025}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Calibration("tiny 1.0 fp32", 2, wrong[0], wrong[1], wrong[2], 1));
        }
    }

    @Test
    void whatIsSetWinsOverACalibrationInAnyOrder() throws IOException {
        Calibration found =
                new Calibration("tiny 1.0 fp32", Runtime.getRuntime().availableProcessors(), 77, 3, 2, 1);
        LoadSettings before = TokenClassifier.builder(Tiny.FOLDER)
                .tokenBudget(500)
                .intraOpThreads(1)
                .calibration(found)
                .settings();
        LoadSettings after = TokenClassifier.builder(Tiny.FOLDER)
                .calibration(found)
                .tokenBudget(500)
                .intraOpThreads(1)
                .settings();
        for (LoadSettings both : List.of(before, after)) {
            assertEquals(500, both.tokenBudget);
            assertEquals(3, both.concurrentRuns);
            assertEquals(1, both.intraOpThreads());
        }
        LoadSettings alone =
                TokenClassifier.builder(Tiny.FOLDER).calibration(found).settings();
        assertEquals(77, alone.tokenBudget);
        assertEquals(2, alone.intraOpThreads());
    }

    @Test
    void equalValuesAreEqualCalibrations(@TempDir Path folder) throws IOException {
        Calibration one = new Calibration("ner 1.0.0 fp32", 4, 512, 2, 3, 1.25);
        one.write(folder.resolve("calibration.json"));
        Calibration read = Calibration.read(folder.resolve("calibration.json"));
        assertEquals(one, read);
        assertEquals(one.hashCode(), read.hashCode());
        for (Calibration other : List.of(
                new Calibration("ner 1.0.1 fp32", 4, 512, 2, 3, 1.25),
                new Calibration("ner 1.0.0 fp32", 5, 512, 2, 3, 1.25),
                new Calibration("ner 1.0.0 fp32", 4, 513, 2, 3, 1.25),
                new Calibration("ner 1.0.0 fp32", 4, 512, 1, 3, 1.25),
                new Calibration("ner 1.0.0 fp32", 4, 512, 2, 0, 1.25),
                new Calibration("ner 1.0.0 fp32", 4, 512, 2, 3, 1.5))) {
            assertNotEquals(one, other);
        }
        assertNotEquals(one, "ner 1.0.0 fp32");
    }
}
