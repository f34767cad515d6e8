package org.djlift.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.TinyClassifier;
import org.junit.jupiter.api.Test;

/** Plain DJL is asked as its users ask it, and what it cannot do is said. */
class StockTasksTest {

    @Test
    void plainDjlGivesItsOwnLabels() throws Exception {
        JsonObject recorded = TinyClassifier.cases().get(0);
        String[] inputs = {recorded.get("input").toString(), "{\"text\": \"a\", \"text_pair\": \"b\"}", "{}"};
        String[] lines = StockTasks.run(TinyClassifier.FOLDER, "text-classification", "{}", inputs);
        JsonArray expected = recorded.getAsJsonObject("outputs").getAsJsonObject("all").getAsJsonArray("labels");
        assertTrue(lines[0].contains("labels"), lines[0]);
        JsonArray found = JsonParser.parseString(lines[0]).getAsJsonObject().getAsJsonArray("labels");
        assertEquals(expected.size(), found.size());
        assertEquals(
                expected.get(0).getAsJsonObject().get("label"), found.get(0).getAsJsonObject().get("label"));
        assertTrue(lines[1].contains("plain DJL classifies no pairs"), lines[1]);
        assertTrue(lines[2].contains("error"), lines[2]);
        assertThrows(
                IllegalArgumentException.class, () -> StockTasks.run(TinyClassifier.FOLDER, "x", "{}", inputs));
    }
}
