package org.djlift.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;

import org.djlift.TinyClassifier;
import org.junit.jupiter.api.Test;

/** Plain DJL is asked as its users ask it, and what it cannot do is said. */
class StockTasksTest {

    @Test
    void plainDjlGivesItsOwnLabelsOrSaysWhyNot() throws Exception {
        JsonObject recorded = TinyClassifier.cases().get(0);
        String[] inputs = {recorded.get("input").toString(), "{\"text\": \"a\", \"text_pair\": \"b\"}", "{}"};
        String[] lines = StockTasks.run(TinyClassifier.FOLDER, "text-classification", "{}", inputs);
        // DJL's translator takes the softmax by an engine that can: ONNX Runtime's alone cannot.
        assertEquals("{\"error\":\"UnsupportedOperationException: Not implemented\"}", lines[0]);
        assertTrue(lines[1].contains("plain DJL classifies no pairs"), lines[1]);
        assertTrue(lines[2].contains("error"), lines[2]);
        assertThrows(
                IllegalArgumentException.class, () -> StockTasks.run(TinyClassifier.FOLDER, "x", "{}", inputs));
    }
}
