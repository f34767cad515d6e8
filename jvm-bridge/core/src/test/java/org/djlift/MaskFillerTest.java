package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.djlift.data.MaskFill;
import org.djlift.data.SelfTest;
import org.djlift.support.TinyPairs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/** Tokens, scores and texts are those of transformers' FillMaskPipeline. */
class MaskFillerTest {

    private static final float EXACT = 1e-4f;

    private static MaskFiller filler;
    private static List<JsonObject> cases;
    private static List<String> texts;

    @BeforeAll
    static void load() throws IOException {
        filler = MaskFiller.load(TinyPairs.MASKS);
        cases = TinyPairs.cases(TinyPairs.MASKS);
        texts = cases.stream()
                .map(one -> TinyPairs.input(one).get("text").getAsString())
                .collect(Collectors.toList());
    }

    @AfterAll
    static void close() {
        filler.close();
    }

    @Test
    void everyVariantIsThePipelines() {
        FillOptions options = FillOptions.defaults();
        assertGolden("default", filler.fill(texts));
        assertGolden("top-1", filler.fill(texts, options.topK(1)));
        assertGolden("top-20", filler.fill(texts, options.topK(20)));
        assertGolden("targets", filler.fill(texts, options.topK(3).targets(targets("targets"))));
        assertGolden("unknown-target", filler.fill(texts, options.targets(targets("unknown-target"))));
        assertTrue(texts.stream().anyMatch(text -> filler.fill(text).size() > 1));
        assertEquals("[MASK]", filler.mask());
    }

    @Test
    void oneAtATimeIsTheSame() {
        MicroBatcher<String, List<List<MaskFill>>, FillOptions> door = filler.latency();
        assertGolden("default", texts.stream().map(door::run).collect(Collectors.toList()));
        List<List<List<MaskFill>>> streamed = new ArrayList<>();
        filler.fill(texts.iterator()).forEachRemaining(streamed::add);
        assertGolden("default", streamed);
        assertGolden("default", texts.stream().map(filler::fill).collect(Collectors.toList()));
    }

    @Test
    void theWholeVocabularyAddsUpToOne() {
        List<MaskFill> all =
                filler.fill("[MASK]", FillOptions.defaults().topK(420)).get(0);
        assertEquals(420, all.stream().map(MaskFill::token).distinct().count());
        assertEquals(1.0, all.stream().mapToDouble(MaskFill::score).sum(), EXACT);
        for (int i = 1; i < all.size(); i++) {
            assertTrue(all.get(i - 1).score() >= all.get(i).score());
        }
    }

    @Test
    void aStreamGoesOnAfterAFailure() {
        List<String> given = Arrays.asList("a [MASK]", "no mask", null, "b [MASK]");
        Iterator<Outcome<String, List<List<MaskFill>>>> found = filler.fill(given.iterator(), text -> text);
        assertEquals(1, found.next().output().orElseThrow().size());
        String failure = found.next().failure().orElseThrow().getMessage();
        assertTrue(failure.contains("No mask_token ([MASK]) found"), failure);
        assertTrue(found.next().output().isEmpty());
        assertEquals(5, found.next().output().orElseThrow().get(0).size());
        assertFalse(found.hasNext());
    }

    @Test
    void whatCannotBeFilledIsSaid() {
        assertThrows(NullPointerException.class, () -> filler.fill(Collections.singletonList(null)));
        assertSaid("No mask_token", () -> filler.fill(""));
        assertSaid("No mask_token", () -> filler.fill("a ".repeat(40) + "[MASK]"));
        FillOptions options = FillOptions.defaults();
        assertSaid("at most 420 for 'top_k'", () -> filler.fill("[MASK]", options.topK(421)));
        assertSaid("topK", () -> options.topK(0));
        assertSaid("target", () -> options.targets(List.of()));
        assertSaid("'targets'", () -> filler.fill("[MASK]", options.targets(List.of(""))));
        assertEquals(
                1,
                filler.fill("[MASK]", options.targets(List.of("the", "the", "")))
                        .get(0)
                        .size());
        for (String wrong : List.of("{\"top_k\": 0}", "{\"targets\": \"the\"}", "{\"targets\": [1]}", "{\"k\": 1}")) {
            assertThrows(IllegalArgumentException.class, () -> ModelJson.json(filler, List.of(), wrong), wrong);
        }
        assertThrows(IllegalArgumentException.class, () -> ModelJson.json(filler, List.of("{\"texts\": \"a\"}"), null));
    }

    @Test
    void theArchiveProvesItself() throws IOException {
        SelfTest test = filler.selfTest();
        assertTrue(test.passed(), test.toString());
    }

    private static void assertSaid(String said, Executable work) {
        RuntimeException thrown = assertThrows(RuntimeException.class, work);
        assertTrue(thrown.getMessage().contains(said), thrown.getMessage());
    }

    /** The targets of a recorded variant. */
    private static List<String> targets(String variant) {
        return TinyPairs.targets(TinyPairs.MASKS, variant);
    }

    private static void assertGolden(String variant, List<List<List<MaskFill>>> found) {
        assertEquals(cases.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            JsonArray masks = TinyPairs.output(cases.get(i), variant).getAsJsonArray("masks");
            String place = variant + " " + i;
            assertEquals(masks.size(), found.get(i).size(), place);
            for (int m = 0; m < masks.size(); m++) {
                JsonArray expected = masks.get(m).getAsJsonArray();
                assertEquals(expected.size(), found.get(i).get(m).size(), place);
                for (int rank = 0; rank < expected.size(); rank++) {
                    JsonObject one = expected.get(rank).getAsJsonObject();
                    MaskFill fill = found.get(i).get(m).get(rank);
                    assertEquals(one.get("token").getAsLong(), fill.token(), place);
                    assertEquals(one.get("token_str").getAsString(), fill.text(), place);
                    assertEquals(one.get("sequence").getAsString(), fill.sequence(), place);
                    assertEquals(one.get("score").getAsFloat(), fill.score(), EXACT, place);
                }
            }
        }
    }
}
