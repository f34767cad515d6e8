package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.data.StageTimes;
import org.djlift.support.Tiny;
import org.djlift.support.WithTinyClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** One text at a time from many threads: each gets its own answer, whoever shares a run with it. */
class MicroBatcherTest extends WithTinyClassifier {

    private static final int THREADS = 16;
    private static final Duration LONG = Duration.ofSeconds(50);

    @Test
    void eachOfManyThreadsGetsTheAnswersToItsOwnTexts() throws Exception {
        List<LatencyOptions> all = List.of(
                LatencyOptions.defaults(),
                LatencyOptions.defaults().maxTexts(1),
                LatencyOptions.defaults().maxTexts(3).tokenBudget(40),
                LatencyOptions.defaults().maxWait(Duration.ofMillis(3)));
        Map<String, List<Entity>> expected = expected(400);
        for (LatencyOptions options : all) {
            MicroBatcher<String, List<Entity>, EntityOptions> door = classifier.latency(options);
            StageTimes before = classifier.stageTimes();
            onThreads(thread -> {
                List<String> texts = new ArrayList<>(expected.keySet());
                Collections.shuffle(texts, new Random(thread));
                for (String text : texts) {
                    TokenClassifierTest.assertSame(expected.get(text), door.run(text));
                }
                return null;
            });
            StageTimes done = classifier.stageTimes().since(before);
            assertEquals((long) THREADS * expected.size(), done.texts());
            if (options.maxTexts() == 1) {
                assertEquals(done.texts(), done.runs(), options.toString());
            } else {
                assertTrue(done.runs() < done.texts(), options + ": " + done);
            }
        }
    }

    @Test
    void textsOfManyWindowsAndOfAllStrategiesShareRuns() throws Exception {
        try (TokenClassifier windows = TokenClassifier.builder(Tiny.FOLDER)
                .options(EntityOptions.defaults().stride(8))
                .tokenBudget(300)
                .build()) {
            MicroBatcher<String, List<Entity>, EntityOptions> door =
                    windows.latency(LatencyOptions.defaults().maxWait(Duration.ofMillis(2)));
            List<AggregationStrategy> strategies =
                    List.of(AggregationStrategy.SIMPLE, AggregationStrategy.FIRST, AggregationStrategy.MAX);
            Map<AggregationStrategy, List<List<Entity>>> expected = new HashMap<>();
            strategies.forEach(s -> expected.put(s, windows.classify(Tiny.texts(), Tiny.options(s))));
            onThreads(thread -> {
                AggregationStrategy strategy = strategies.get(thread % strategies.size());
                for (int i = 0; i < Tiny.texts().size(); i++) {
                    List<Entity> found = door.run(Tiny.texts().get(i), Tiny.options(strategy));
                    TokenClassifierTest.assertSame(expected.get(strategy).get(i), found);
                }
                return null;
            });
            assertThrows(IllegalArgumentException.class, () -> door.run("x", Tiny.options(AggregationStrategy.NONE)));
        }
    }

    @Test
    void aTextAloneWaitsForNobodyUnlessToldTo() {
        StageTimes before = classifier.stageTimes();
        MicroBatcher<String, List<Entity>, EntityOptions> door = classifier.latency();
        Tiny.texts().forEach(text -> assertEquals(classifier.classify(text), door.run(text)));
        StageTimes done = classifier.stageTimes().since(before);
        assertEquals(2L * Tiny.texts().size(), done.texts());
        MicroBatcher<String, List<Entity>, EntityOptions> patient =
                classifier.latency(LatencyOptions.defaults().maxWait(Duration.ofMillis(300)));
        long start = System.nanoTime();
        patient.run("Ada Lovelace");
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertTrue(millis >= 300 && millis < 20_000, millis + " ms");
    }

    /** The wait would be a minute; the run is full before. */
    @Test
    void aFullRunStartsAtOnce() {
        for (LatencyOptions full : List.of(
                LatencyOptions.defaults().maxTexts(THREADS),
                LatencyOptions.defaults().tokenBudget(2))) {
            MicroBatcher<String, List<Entity>, EntityOptions> door =
                    classifier.latency(full.maxWait(Duration.ofMinutes(1)));
            StageTimes before = classifier.stageTimes();
            assertTimeoutPreemptively(LONG, () -> onThreads(thread -> door.run("Ada " + thread % 10)));
            assertTrue(classifier.stageTimes().since(before).runs() <= THREADS);
        }
    }

    /** Ten texts of few tokens would be padded to the length of one of many: it has a run of its own. */
    @Test
    void aLongTextDoesNotPadManyShortOnes() throws Exception {
        LatencyOptions options = LatencyOptions.defaults().maxTexts(THREADS);
        StageTimes before = classifier.stageTimes();
        MicroBatcher<String, List<Entity>, EntityOptions> full =
                classifier.latency(options.maxWait(Duration.ofSeconds(30)));
        onThreads(thread -> full.run("Ada"));
        StageTimes even = classifier.stageTimes().since(before);
        assertEquals(1, even.runs());
        // The one that is left waits for this long.
        MicroBatcher<String, List<Entity>, EntityOptions> door =
                classifier.latency(options.maxWait(Duration.ofSeconds(6)));
        CountDownLatch others = new CountDownLatch(THREADS - 1);
        onThreads(thread -> {
            if (thread == 3) {
                // Behind most of the others: one or two short ones alone would be worth their padding.
                others.await();
                Thread.sleep(500);
                return door.run("Ada met Babbage in London ".repeat(9));
            }
            others.countDown();
            return door.run("Ada");
        });
        StageTimes uneven = classifier.stageTimes().since(before).since(even);
        assertEquals(2, uneven.runs());
        assertEquals(uneven.tokens(), uneven.paddedTokens());
    }

    @Test
    void aTextOnWhichTheModelFailsTakesNoOtherDown(@TempDir Path folder) throws Exception {
        try (TokenClassifier fragile = TokenClassifier.load(Tiny.withPoison(folder))) {
            Map<String, List<Entity>> expected = new HashMap<>();
            for (int i = 0; i < 20; i++) {
                String text = "Ada met Babbage in London " + i;
                expected.put(text, fragile.classify(text));
            }
            TextException alone = assertThrows(TextException.class, () -> fragile.classify("Oh! 1"));
            MicroBatcher<String, List<Entity>, EntityOptions> door =
                    fragile.latency(LatencyOptions.defaults().maxWait(Duration.ofMillis(2)));
            AtomicInteger failed = new AtomicInteger();
            StageTimes before = fragile.stageTimes();
            onThreads(thread -> {
                for (String text : expected.keySet()) {
                    if (thread % 4 == 0) {
                        TextException e = assertThrows(TextException.class, () -> door.run("Oh! 1"));
                        assertEquals(alone.getMessage(), e.getMessage());
                        failed.incrementAndGet();
                    } else {
                        TokenClassifierTest.assertSame(expected.get(text), door.run(text));
                    }
                }
                return null;
            });
            assertEquals(THREADS / 4 * expected.size(), failed.get());
            assertEquals(
                    (long) THREADS * expected.size(),
                    fragile.stageTimes().since(before).texts());
        }
    }

    @Test
    void aTextThatCannotBeTokenizedFailsAsItDoesElsewhere(@TempDir Path folder) throws Exception {
        try (TokenClassifier strict = TokenClassifier.load(Tiny.withoutUnknown(folder))) {
            MicroBatcher<String, List<Entity>, EntityOptions> door = strict.latency();
            String poison = "\u0b95 here";
            TextException alone = assertThrows(TextException.class, () -> strict.classify(poison));
            List<Entity> expected = strict.classify("Ada");
            onThreads(thread -> {
                for (int i = 0; i < 50; i++) {
                    TextException e = assertThrows(TextException.class, () -> door.run(poison));
                    assertEquals(alone.getMessage(), e.getMessage());
                    TokenClassifierTest.assertSame(expected, door.run("Ada"));
                }
                return null;
            });
        }
    }

    @Test
    void whatIsNullOrEmptyIsSaidAsByTheClassifier() {
        MicroBatcher<String, List<Entity>, EntityOptions> door = classifier.latency();
        assertEquals(List.of(), door.run(""));
        assertEquals(
                assertThrows(NullPointerException.class, () -> classifier.classify((String) null))
                        .getMessage(),
                assertThrows(NullPointerException.class, () -> door.run(null)).getMessage());
        assertEquals(
                "options",
                assertThrows(NullPointerException.class, () -> door.run("x", null))
                        .getMessage());
    }

    @Test
    void closingWaitsForTheCallsAndThenTheyAreRefused() {
        assertTimeoutPreemptively(LONG, () -> {
            for (int round = 0; round < 10; round++) {
                TokenClassifier other = TokenClassifier.load(Tiny.FOLDER);
                MicroBatcher<String, List<Entity>, EntityOptions> door =
                        other.latency(LatencyOptions.defaults().maxWait(Duration.ofMillis(round % 3)));
                List<Entity> expected = classifier.classify("Ada met Babbage");
                AtomicInteger answered = new AtomicInteger();
                Thread closing = new Thread(() -> {
                    while (answered.get() < 50) {
                        Thread.onSpinWait();
                    }
                    other.close();
                });
                closing.start();
                List<String> said = onThreads(thread -> {
                    while (true) {
                        try {
                            TokenClassifierTest.assertSame(expected, door.run("Ada met Babbage"));
                            answered.incrementAndGet();
                        } catch (IllegalStateException e) {
                            return e.getMessage();
                        }
                    }
                });
                closing.join();
                said.forEach(message -> assertTrue(message.endsWith("is closed"), message));
            }
        });
    }

    @Test
    void anInterruptEndsTheWaitAndNotTheCall() {
        MicroBatcher<String, List<Entity>, EntityOptions> door =
                classifier.latency(LatencyOptions.defaults().maxWait(Duration.ofMinutes(1)));
        List<Entity> expected = classifier.classify("Ada met Babbage");
        assertTimeoutPreemptively(LONG, () -> {
            Thread.currentThread().interrupt();
            List<Entity> found = door.run("Ada met Babbage");
            assertTrue(Thread.interrupted());
            assertEquals(expected, found);
        });
    }

    @Test
    void optionsThatCannotBeAreRefused() {
        LatencyOptions options = LatencyOptions.defaults();
        assertThrows(IllegalArgumentException.class, () -> options.maxTexts(0));
        assertThrows(IllegalArgumentException.class, () -> options.tokenBudget(0));
        assertThrows(IllegalArgumentException.class, () -> options.maxWait(Duration.ofMillis(-1)));
        assertThrows(IllegalArgumentException.class, () -> options.maxWait(Duration.ofHours(1)));
        assertEquals(Duration.ZERO, options.maxTexts(3).maxWait());
        assertEquals(3, options.maxTexts(3).maxTexts());
        assertEquals(64, options.maxTexts());
    }

    private static Map<String, List<Entity>> expected(int count) {
        List<String> texts = new ArrayList<>(Tiny.texts());
        for (int i = 0; texts.size() < count; i++) {
            texts.add("Ada Lovelace " + i + " met Babbage in London ".repeat(i % 4));
        }
        List<List<Entity>> found = classifier.classify(texts);
        Map<String, List<Entity>> expected = new HashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            expected.put(texts.get(i), found.get(i));
        }
        return expected;
    }

    /** Runs something on 16 threads at a time; fails when one of them does. */
    private static <T> List<T> onThreads(Numbered<T> work) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<T>> all = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                all.add(() -> work.on(thread));
            }
            List<T> found = new ArrayList<>();
            for (Future<T> one : pool.invokeAll(all)) {
                found.add(one.get());
            }
            return found;
        } finally {
            pool.shutdownNow();
        }
    }

    private interface Numbered<T> {
        T on(int thread) throws Exception;
    }
}
