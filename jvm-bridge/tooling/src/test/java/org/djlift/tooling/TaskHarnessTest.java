package org.djlift.tooling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.djlift.TextClassifier;
import org.djlift.data.LabelScore;
import org.djlift.support.TinyClassifier;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.Arrays;

/** Python gets what the public classes give. */
class TaskHarnessTest {

    @Test
    void whatPythonRunsIsWhatTheModelRuns() throws IOException {
        try (TextClassifier classifier = TextClassifier.load(TinyClassifier.FOLDER)) {
            runsTheSame(classifier);
        }
    }

    private static void runsTheSame(TextClassifier classifier) throws IOException {
        String[] lines = TinyClassifier.cases().stream()
                .map(one -> one.get("input").toString())
                .toArray(String[]::new);
        String[] found = TaskHarness.run(classifier, lines, "{\"top_k\": 1}");
        LabelScore best = classifier.classify(TinyClassifier.inputs().get(0)).get(0);
        assertEquals("{\"labels\":[{\"label\":\"" + best.label() + "\",\"score\":" + best.score() + "}]}", found[0]);
        TaskHarness.Flat flat = TaskHarness.trace(classifier, lines, null, 4, 0);
        assertEquals(3, flat.columns);
        assertEquals(lines.length, Arrays.stream(flat.rowsPerWindow).sum());
        assertEquals(3 * lines.length, flat.logits.length);
        assertEquals(flat.ids.length, flat.sequenceIds.length);
        assertEquals(1, Arrays.stream(flat.sequenceIds).max().orElseThrow());
        assertEquals(
                2, TaskHarness.encode(classifier, Arrays.copyOf(lines, 2), null).inputIds().length);
        assertThrows(
                IllegalArgumentException.class,
                () -> TaskHarness.decode(classifier, lines, null, new float[lines.length]));
        // Half a character counts as U+FFFD, as everywhere.
        assertEquals(
                TaskHarness.run(classifier, new String[] {"{\"text\": \"a\uFFFD\"}"}, null)[0],
                TaskHarness.run(classifier, new String[] {"{\"text\": \"a\\ud800\"}"}, "")[0]);
    }
}
