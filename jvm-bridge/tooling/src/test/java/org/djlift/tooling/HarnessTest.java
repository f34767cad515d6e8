package org.djlift.tooling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.support.Tiny;
import org.djlift.support.WithTinyClassifier;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Python gets what the public classes give. */
class HarnessTest extends WithTinyClassifier {

    @Test
    void aTextIsALineOfJson() {
        String[] texts = Tiny.texts().toArray(new String[0]);
        String[] lines = Harness.classifyJson(classifier, texts, "average", -1);
        List<List<Entity>> expected = classifier.classify(Tiny.texts(), Tiny.options(AggregationStrategy.AVERAGE));
        for (int i = 0; i < lines.length; i++) {
            assertFalse(lines[i].contains("\n"));
            JsonArray entities =
                    JsonParser.parseString(lines[i]).getAsJsonObject().getAsJsonArray("entities");
            assertEquals(expected.get(i).size(), entities.size());
            for (int e = 0; e < entities.size(); e++) {
                JsonObject one = entities.get(e).getAsJsonObject();
                Entity entity = expected.get(i).get(e);
                assertEquals(
                        Set.of("label", "score", "word", "start", "end", "utf16_start", "utf16_end"), one.keySet());
                assertEquals(entity.word(), one.get("word").getAsString());
                assertEquals(entity.codePointStart(), one.get("start").getAsInt());
                assertEquals(entity.end(), one.get("utf16_end").getAsInt());
            }
        }
    }

    @Test
    void withoutAggregationThereIsAnIndex() {
        String[] lines = Harness.classifyJson(classifier, new String[] {"Ada Lovelace"}, "none", -1);
        assertTrue(lines[0].contains("\"index\":1"), lines[0]);
        assertEquals(
                Harness.classifyJson(classifier, new String[] {"Ada"}, "simple", -1)[0],
                Harness.classifyJson(classifier, new String[] {"Ada"}, null, -1)[0]);
    }

    @Test
    void aScoreThatIsNoNumberIsNull() {
        Harness.Flat flat = Harness.trace(classifier, new String[] {"Ada"}, -1, 1, 0);
        float[] logits = flat.logits.clone();
        Arrays.fill(logits, Float.NaN);
        String[] lines = Harness.decodeJson(classifier, new String[] {"Ada"}, "none", -1, logits);
        // argmax of NaN is 0, the label O, which is ignored.
        assertEquals("{\"entities\":[]}", lines[0]);
    }

    @Test
    void flatArraysAddUp() {
        Harness.Flat flat = Harness.trace(classifier, Tiny.texts().toArray(new String[0]), 8, 4, 0);
        assertEquals(Tiny.texts().size(), flat.windowsPerText.length);
        assertEquals(
                flat.tokensPerWindow.length, Arrays.stream(flat.windowsPerText).sum());
        assertEquals(flat.ids.length, Arrays.stream(flat.tokensPerWindow).sum());
        assertEquals(flat.ids.length * classifier.labels().size(), flat.logits.length);
        assertEquals(flat.ids.length, flat.ends.length);
    }

    @Test
    void versionsAreThoseThatRun() {
        Map<String, String> versions = Harness.versions();
        assertEquals(Set.of("java", "djl", "onnxruntime", "tokenizers"), versions.keySet());
        assertEquals("0.38.0", versions.get("djl"));
        versions.values().forEach(version -> assertTrue(version.matches("\\d+.*"), version));
    }

    @Test
    void numbersAreWrittenInTheSameDigitsEverywhere() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("hi-IN-u-nu-deva"));
        try {
            String[] json = Harness.classifyJson(classifier, new String[] {"Paris"}, "none", -1);
            assertTrue(json[0].chars().allMatch(c -> c < 128), json[0]);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void unknownStrategiesAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> Harness.classifyJson(classifier, new String[] {"a"}, "median", -1));
    }
}
