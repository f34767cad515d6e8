package org.djlift;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.data.StageTimes;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.EncodedBatch;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.engine.Window;
import org.djlift.support.Tiny;
import org.djlift.support.WithTinyClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The public class on a real graph and a real tokenizer, against what transformers gave. */
class TokenClassifierTest extends WithTinyClassifier {

    @ParameterizedTest
    @EnumSource
    void entitiesAreThoseOfTheReference(AggregationStrategy strategy) {
        List<List<Entity>> found = classifier.classify(Tiny.texts(), Tiny.options(strategy));
        for (int i = 0; i < found.size(); i++) {
            JsonObject recorded = Tiny.cases().get(i);
            assertSame(recorded.getAsJsonObject("outputs").getAsJsonArray(strategy.toString()), found.get(i));
        }
    }

    @Test
    void theDefaultStrategyIsTheArchives() {
        assertEquals(AggregationStrategy.SIMPLE, classifier.aggregationStrategy());
        assertEquals(
                classifier.classify(Tiny.texts(), Tiny.options(AggregationStrategy.SIMPLE)),
                classifier.classify(Tiny.texts()));
    }

    @ParameterizedTest
    @EnumSource
    void aloneInABatchOrShuffledATextHasTheSameEntities(AggregationStrategy strategy) {
        List<String> texts = Tiny.texts();
        List<List<Entity>> together = classifier.classify(texts, Tiny.options(strategy));
        for (int i = 0; i < texts.size(); i++) {
            assertSame(together.get(i), classifier.classify(texts.get(i), Tiny.options(strategy)));
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            order.add(i % texts.size());
        }
        Collections.shuffle(order, new Random(1));
        List<String> shuffled = new ArrayList<>();
        order.forEach(i -> shuffled.add(texts.get(i)));
        List<List<Entity>> found = classifier.classify(shuffled, Tiny.options(strategy));
        for (int i = 0; i < order.size(); i++) {
            assertSame(together.get(order.get(i)), found.get(i));
        }
    }

    @Test
    void moreTextsThanAChunkComeBackInOrder() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 1100; i++) {
            texts.add(Tiny.texts().get(i % 5));
        }
        List<List<Entity>> found = classifier.classify(texts);
        for (int i = 0; i < texts.size(); i++) {
            assertSame(found.get(i % 5), found.get(i));
        }
    }

    @Test
    void eightThreadsGetWhatOneGets() throws Exception {
        List<List<Entity>> alone = classifier.classify(Tiny.texts());
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<List<List<Entity>>>> all = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                int stride = i % 2 == 0 ? -1 : i % 7;
                all.add(pool.submit(() -> {
                    classifier.classify(Tiny.texts(), Tiny.options(AggregationStrategy.MAX, stride));
                    return classifier.classify(Tiny.texts());
                }));
            }
            for (Future<List<List<Entity>>> found : all) {
                for (int i = 0; i < alone.size(); i++) {
                    assertSame(alone.get(i), found.get().get(i));
                }
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8})
    void longTextsAreReadInWindows(int stride) {
        int compared = 0;
        for (JsonObject recorded : Tiny.cases()) {
            if (recorded.getAsJsonObject("strides").has(Integer.toString(stride))) {
                JsonObject expected = recorded.getAsJsonObject("strides").getAsJsonObject(Integer.toString(stride));
                String text = recorded.get("text").getAsString();
                for (String strategy : expected.keySet()) {
                    assertSame(
                            expected.getAsJsonArray(strategy),
                            classifier.classify(text, Tiny.options(AggregationStrategy.of(strategy), stride)));
                    compared++;
                }
            }
        }
        assertTrue(compared > 8);
    }

    @Test
    void aStrideMustLeaveRoomAndNeedsAStrategy() {
        IllegalArgumentException none = assertThrows(
                IllegalArgumentException.class,
                () -> classifier.classify("x", Tiny.options(AggregationStrategy.NONE, 4)));
        assertTrue(none.getMessage().contains("`stride`"), none.getMessage());
        // 32 tokens, of which 2 are special: 29 is the largest.
        classifier.classify("x", Tiny.options(AggregationStrategy.SIMPLE, 29));
        IllegalArgumentException large = assertThrows(
                IllegalArgumentException.class,
                () -> classifier.classify("x", Tiny.options(AggregationStrategy.SIMPLE, 30)));
        assertTrue(large.getMessage().contains("less than 30"), large.getMessage());
    }

    @Test
    void spansFitSubstring() {
        String text = "\uD83D\uDE00 Paris \uD83C\uDDEB\uD83C\uDDF7 and Berlin";
        List<Entity> found = classifier.classify(text, Tiny.options(AggregationStrategy.NONE));
        assertFalse(found.isEmpty());
        for (Entity entity : found) {
            assertEquals(entity.codePointStart(), text.codePointCount(0, entity.start()));
            assertEquals(entity.codePointEnd(), text.codePointCount(0, entity.end()));
            if (entity.word().matches("\\w+")) {
                assertEquals(entity.word(), text.substring(entity.start(), entity.end()));
            }
        }
    }

    @Test
    void aSurrogateAloneCountsAsTheReplacementCharacter() {
        assertSame(
                classifier.classify("Paris \uFFFD Berlin", Tiny.options(AggregationStrategy.NONE)),
                classifier.classify("Paris \uD83D Berlin", Tiny.options(AggregationStrategy.NONE)));
        assertSame(
                classifier.classify("\uFFFD\uD83D\uDE00\uFFFD", Tiny.options(AggregationStrategy.NONE)),
                classifier.classify("\uDE00\uD83D\uDE00\uD83D", Tiny.options(AggregationStrategy.NONE)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tr-TR", "ar-EG", "ja-JP", "hi-IN-u-nu-deva"})
    void theLocaleOfTheMachineChangesNothing(String tag) throws IOException {
        Locale before = Locale.getDefault();
        List<List<Entity>> expected = classifier.classify(Tiny.texts());
        Locale.setDefault(Locale.forLanguageTag(tag));
        try (TokenClassifier there =
                TokenClassifier.builder(Tiny.FOLDER).selfTest(true).build()) {
            assertEquals(AggregationStrategy.SIMPLE, AggregationStrategy.of("SIMPLE"));
            assertEquals("simple", AggregationStrategy.SIMPLE.toString());
            List<List<Entity>> found = there.classify(Tiny.texts());
            for (int i = 0; i < found.size(); i++) {
                assertSame(expected.get(i), found.get(i));
            }
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void tracesAreTheWindowsInOrderWhateverThePadding() {
        List<String> texts = Tiny.texts();
        List<Trace> narrow =
                classifier.runner.trace(texts, Tiny.options(AggregationStrategy.SIMPLE, 8).parameters, 1, 0);
        List<Trace> wide =
                classifier.runner.trace(texts, Tiny.options(AggregationStrategy.SIMPLE, 8).parameters, 5, 1000);
        assertEquals(texts.size(), narrow.size());
        for (int i = 0; i < texts.size(); i++) {
            assertEquals(narrow.get(i).windows().size(), wide.get(i).windows().size());
            for (int w = 0; w < narrow.get(i).windows().size(); w++) {
                Window a = narrow.get(i).windows().get(w);
                Window b = wide.get(i).windows().get(w);
                assertArrayEquals(a.ids(), b.ids());
                assertEquals(a.ids().length * classifier.labels().size(), a.logits().length);
                assertArrayEquals(a.logits(), b.logits(), 1e-4f);
            }
        }
    }

    @Test
    void aTracedCallIsTheCallItselfAndItsOwnRuns() {
        // The stages tell whether the model ran for the traces alone; equal texts share a run.
        List<String> texts = new ArrayList<>(Tiny.texts());
        texts.add(texts.get(0));
        texts.add("");
        Collections.reverse(texts);
        for (int stride : new int[] {-1, 8}) {
            List<List<Entity>> expected = classifier.classify(texts, Tiny.options(AggregationStrategy.AVERAGE, stride));
            List<Trace> alone =
                    classifier.runner.trace(texts, Tiny.options(AggregationStrategy.SIMPLE, stride).parameters, 1, 0);
            StageTimes before = classifier.stageTimes();
            List<List<Entity>> found = new ArrayList<>();
            List<Trace> traces = new ArrayList<>();
            found.addAll(classifier.runner.traced(
                    texts, Tiny.options(AggregationStrategy.AVERAGE, stride).parameters, traces::add));
            StageTimes spent = classifier.stageTimes().since(before);
            assertEquals(texts.size(), found.size());
            assertEquals(texts.size(), traces.size());
            assertEquals(texts.size(), spent.texts());
            Map<String, Long> tokens = new HashMap<>();
            for (int i = 0; i < texts.size(); i++) {
                assertSame(expected.get(i), found.get(i));
                List<Window> windows = traces.get(i).windows();
                assertEquals(alone.get(i).windows().size(), windows.size());
                long own = 0;
                for (int w = 0; w < windows.size(); w++) {
                    assertArrayEquals(
                            alone.get(i).windows().get(w).ids(), windows.get(w).ids());
                    assertArrayEquals(
                            alone.get(i).windows().get(w).logits(),
                            windows.get(w).logits(),
                            1e-4f);
                    own += windows.get(w).ids().length;
                }
                tokens.put(texts.get(i), own);
            }
            assertEquals(tokens.values().stream().mapToLong(n -> n).sum(), spent.tokens());
        }
        assertThrows(
                NullPointerException.class,
                () -> classifier.runner.traced(Arrays.asList("a", null), Parameters.none(), trace -> {}));
    }

    @Test
    void recordedLogitsDecodeToTheSameEntities() {
        List<String> texts = Tiny.texts();
        for (int stride : new int[] {-1, 0, 8}) {
            float[] logits = logits(
                    classifier.runner.trace(texts, Tiny.options(AggregationStrategy.SIMPLE, stride).parameters, 3, 0));
            List<List<Entity>> decoded = classifier.runner.decode(
                    texts, Tiny.options(AggregationStrategy.AVERAGE, stride).parameters, logits);
            List<List<Entity>> own = classifier.classify(texts, Tiny.options(AggregationStrategy.AVERAGE, stride));
            for (int i = 0; i < texts.size(); i++) {
                assertSame(own.get(i), decoded.get(i));
            }
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> classifier.runner.decode(
                        texts, Tiny.options(AggregationStrategy.SIMPLE, -1).parameters, new float[7]));
    }

    /** The logits of all windows end to end. */
    private static float[] logits(List<Trace> traces) {
        FloatBuffer all = FloatBuffer.allocate(traces.stream()
                .flatMap(trace -> trace.windows().stream())
                .mapToInt(window -> window.logits().length)
                .sum());
        traces.forEach(trace -> trace.windows().forEach(window -> all.put(window.logits())));
        return all.array();
    }

    @Test
    void batchesArePaddedAsTokenizerJsonSays() {
        EncodedBatch batch =
                classifier.runner.encode(List.of("Paris", "Paris is in France, not in Texas."), Parameters.none());
        assertEquals(List.of("input_ids", "attention_mask", "token_type_ids"), Arrays.asList(batch.names()));
        assertEquals(batch.inputIds()[1].length, batch.inputIds()[0].length);
        int last = batch.inputIds()[0].length - 1;
        assertEquals(0, batch.inputIds()[0][last]);
        assertEquals(0, batch.attentionMask()[0][last]);
        assertEquals(1, batch.attentionMask()[1][last]);
        assertEquals(0, batch.typeIds()[0][last]);
    }

    @Test
    void settingsReachTheModel() throws IOException {
        try (TokenClassifier other = TokenClassifier.builder(Tiny.FOLDER)
                .options(Tiny.options(AggregationStrategy.FIRST, 4).ignoreLabels(List.of("O", "MISC", "PER")))
                .intraOpThreads(1)
                .interOpThreads(1)
                .optimizationLevel("NO_OPT")
                .tokenBudget(1)
                .build()) {
            List<List<Entity>> all = other.classify(Tiny.texts());
            assertTrue(all.stream().anyMatch(l -> !l.isEmpty()));
            all.forEach(
                    l -> l.forEach(e -> assertFalse(List.of("O", "MISC", "PER").contains(e.label()))));
            List<List<Entity>> expected = classifier.classify(Tiny.texts(), Tiny.options(AggregationStrategy.FIRST, 4));
            // Between windows, what is ignored can no longer win over what overlaps it: look at short texts only.
            for (int i = 0; i < expected.size(); i++) {
                if (!Tiny.cases().get(i).getAsJsonObject("strides").has("8")) {
                    List<Entity> kept = new ArrayList<>(expected.get(i));
                    kept.removeIf(e -> List.of("MISC", "PER").contains(e.label()));
                    assertSame(kept, all.get(i));
                }
            }
        }
        IllegalArgumentException wrong =
                assertThrows(IllegalArgumentException.class, () -> TokenClassifier.builder(Tiny.FOLDER)
                        .optimizationLevel("MUCH"));
        assertTrue(wrong.getMessage().contains("MUCH"), wrong.getMessage());
    }

    @Test
    void aNullTextIsNamedByItsIndex() {
        NullPointerException e =
                assertThrows(NullPointerException.class, () -> classifier.classify(Arrays.asList("a", null)));
        assertTrue(e.getMessage().contains("index 1"), e.getMessage());
        assertThrows(NullPointerException.class, () -> classifier.classify((String) null));
    }

    @Test
    void noTextsGiveNoResults() {
        assertEquals(List.of(), classifier.classify(List.of()));
        assertEquals(List.of(), classifier.classify(""));
        assertEquals(
                List.of(),
                classifier.runner.trace(List.of(), Tiny.options(AggregationStrategy.SIMPLE, -1).parameters, 8, 0));
    }

    @Test
    void aClosedClassifierSaysSo() throws IOException {
        TokenClassifier gone = TokenClassifier.load(Tiny.FOLDER);
        gone.close();
        gone.close();
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> gone.classify("x"));
        assertTrue(e.getMessage().endsWith("is closed"), e.getMessage());
        assertThrows(
                IllegalStateException.class,
                () -> gone.runner.trace(List.of("x"), Tiny.options(AggregationStrategy.SIMPLE, -1).parameters, 1, 0));
        assertThrows(IllegalStateException.class, () -> gone.runner.encode(List.of("x"), Parameters.none()));
    }

    @Test
    void unknownStrategiesAreRefusedWithTheChoices() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> AggregationStrategy.of("mean"));
        assertTrue(e.getMessage().contains("[none, simple, first, average, max]"), e.getMessage());
    }

    /** Equal but for the last digits of the scores, which the width of a batch may change. */
    static void assertSame(List<Entity> expected, List<Entity> found) {
        assertEquals(expected.size(), found.size(), () -> expected + " but " + found);
        for (int i = 0; i < found.size(); i++) {
            Entity a = expected.get(i);
            Entity b = found.get(i);
            assertEquals(a.score(), b.score(), 1e-5f);
            assertEquals(withoutScore(a), withoutScore(b));
        }
    }

    private static Entity withoutScore(Entity e) {
        return new Entity(e.label(), 0, e.word(), e.start(), e.end(), e.codePointStart(), e.codePointEnd(), e.index());
    }

    private static void assertSame(JsonArray expected, List<Entity> found) {
        assertEquals(expected.size(), found.size(), () -> expected + " but " + found);
        int i = 0;
        for (JsonElement element : expected) {
            JsonObject one = element.getAsJsonObject();
            Entity entity = found.get(i++);
            assertEquals(one.get("label").getAsString(), entity.label());
            assertEquals(one.get("word").getAsString(), entity.word());
            assertEquals(one.get("start").getAsInt(), entity.codePointStart());
            assertEquals(one.get("end").getAsInt(), entity.codePointEnd());
            assertEquals(one.has("index") ? one.get("index").getAsInt() : -1, entity.index());
            assertEquals(one.get("score").getAsFloat(), entity.score(), 1e-4f);
        }
    }
}
