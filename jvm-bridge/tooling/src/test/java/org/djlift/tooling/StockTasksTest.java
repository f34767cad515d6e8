package org.djlift.tooling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;

import org.djlift.support.TinyClassifier;
import org.djlift.support.TinyPairs;
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
        assertThrows(IllegalArgumentException.class, () -> StockTasks.run(TinyClassifier.FOLDER, "x", "{}", inputs));
    }

    @Test
    void plainDjlIsAskedAsItsUsersAskIt() throws Exception {
        String[] asked = {"{\"question\": \"Who?\", \"context\": \"Ada met Charles in London.\"}"};
        String[] answers = StockTasks.run(TinyPairs.QUESTIONS, "question-answering", "{}", asked);
        // Its translator needs an operator that DJL has in its PyTorch engine only.
        assertTrue(answers[0].contains("UnsupportedOperationException"), answers[0]);
        String[] masked = {"{\"text\": \"Ada [MASK] met Charles.\"}", "{\"text\": \"no mask\"}"};
        String[] fills =
                StockTasks.run(TinyPairs.MASKS, "fill-mask", "{\"topK\": \"1\", \"maskToken\": \"[MASK]\"}", masked);
        // It needs some engine beside ONNX Runtime's: which one DJL finds depends on what ran before in this JVM.
        boolean filled = fills[0].startsWith("{\"masks\":[[{\"score\":");
        assertTrue(filled || fills[0].contains("UnsupportedOperationException: Not implemented"), fills[0]);
        assertTrue(fills[1].contains("error"), fills[1]);
    }
}
