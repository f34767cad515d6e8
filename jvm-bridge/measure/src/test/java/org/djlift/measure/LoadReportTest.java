package org.djlift.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.data.Entity;
import org.djlift.support.WithTinyClassifier;
import org.junit.jupiter.api.Test;

import java.util.List;

/** What {@link MixedLoad} would see: memory that grows, a few requests that are slow, an answer of another text. */
class LoadReportTest extends WithTinyClassifier {

    private static LoadReport report(double growth, int slow) {
        LoadReport report = new LoadReport(100, 0.5);
        for (int second = 0; second < 1000; second++) {
            report.resident(second, (long) ((second < 100 ? 300 : 400) * (1 + growth * second / 1000) * (1 << 20)));
        }
        LoadReport.Times times = new LoadReport.Times();
        for (int i = 1; i <= 1000; i++) {
            times.add("short", i <= slow ? 40_000_000 : 10_000_000);
            times.add("long", 90_000_000);
        }
        report.add(times);
        return report;
    }

    @Test
    void whatIsSteadyPasses() {
        LoadReport report = report(0.01, 10);
        assertTrue(report.isFlat() && report.isEven(), report.toString());
        assertEquals(1000, report.memory().lines().count());
    }

    @Test
    void memoryThatGrowsAfterTheWarmUpIsSeen() {
        assertFalse(report(0.04, 0).isFlat());
        assertFalse(new LoadReport(1, 1).isFlat());
    }

    @Test
    void someSlowRequestsOfOneKindAreSeen() {
        assertFalse(report(0, 11).isEven());
        assertTrue(report(0, 11).toString().contains("short    p50 10.0 ms, p99 40.0 ms: 4.0 times"));
        assertFalse(new LoadReport(1, 1).isEven());
    }

    @Test
    void anAnswerOfAnotherTextIsSeen() {
        List<MixedLoad.Request> requests = MixedLoad.requests(classifier, 3);
        List<String> texts = List.of("Ada met Babbage in London", "");
        List<List<Entity>> found = classifier.classify(texts);
        MixedLoad.Request request = new MixedLoad.Request("mixed", texts, found);
        request.check(classifier.classify(texts));
        assertThrows(IllegalStateException.class, () -> request.check(List.of(found.get(1), found.get(0))));
        assertEquals(200, requests.size());
    }
}
