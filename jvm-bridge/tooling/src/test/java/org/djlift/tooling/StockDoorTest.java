package org.djlift.tooling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.repository.zoo.ModelNotFoundException;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.support.Tiny;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Plain DJL runs from the same archive, and says what it finds or throws. */
class StockDoorTest {

    @Test
    void withoutAggregationAsciiTextsAreAsRecorded() throws Exception {
        List<JsonObject> cases = Tiny.cases().stream()
                .filter(c -> c.get("text").getAsString().chars().allMatch(unit -> unit < 128))
                .collect(Collectors.toList());
        assertFalse(cases.isEmpty());
        String[] texts = cases.stream().map(c -> c.get("text").getAsString()).toArray(String[]::new);
        String[] lines = StockDoor.classifyJson(Tiny.FOLDER, "none", texts);
        for (int i = 0; i < lines.length; i++) {
            JsonArray found = entities(lines[i]);
            JsonArray expected = cases.get(i).getAsJsonObject("outputs").getAsJsonArray("none");
            assertEquals(expected.size(), found.size(), texts[i]);
            for (int e = 0; e < found.size(); e++) {
                JsonObject one = found.get(e).getAsJsonObject();
                JsonObject other = expected.get(e).getAsJsonObject();
                assertEquals(Set.of("label", "score", "start", "end"), one.keySet());
                assertEquals(other.get("label"), one.get("label"));
                assertEquals(other.get("start").getAsInt(), one.get("start").getAsInt());
                assertEquals(other.get("end").getAsInt(), one.get("end").getAsInt());
                assertEquals(other.get("score").getAsDouble(), one.get("score").getAsDouble(), 1e-3);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "simple", "first", "average", "max"})
    void everyStrategyGivesALineForEachText(String strategy) throws Exception {
        String[] texts = Tiny.texts().toArray(new String[0]);
        String[] lines = StockDoor.classifyJson(Tiny.FOLDER, strategy, texts);
        assertEquals(texts.length, lines.length);
        for (String line : lines) {
            JsonObject json = JsonParser.parseString(line).getAsJsonObject();
            assertTrue(json.has("entities") != json.has("error"), line);
            assertFalse(line.contains("\n"));
        }
    }

    @Test
    void aFailureOfOneTextIsItsLine() throws Exception {
        String[] lines = StockDoor.classifyJson(Tiny.FOLDER, "simple", new String[] {null, "Ada Lovelace"});
        assertTrue(JsonParser.parseString(lines[0])
                .getAsJsonObject()
                .get("error")
                .getAsString()
                .contains("Null"));
        assertTrue(lines[1].startsWith("{\"entities\":"), lines[1]);
    }

    @Test
    void aFolderWithoutAModelIsRefused() {
        assertThrows(
                ModelNotFoundException.class,
                () -> StockDoor.classifyJson(Path.of("no-such-folder"), "none", new String[] {"Ada"}));
    }

    private static JsonArray entities(String line) {
        JsonArray entities = JsonParser.parseString(line).getAsJsonObject().getAsJsonArray("entities");
        assertTrue(entities != null, line);
        return entities;
    }
}
