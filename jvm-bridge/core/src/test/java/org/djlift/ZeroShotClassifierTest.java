package org.djlift;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;

import org.djlift.data.SelfTest;
import org.djlift.data.ZeroShotInput;
import org.djlift.data.ZeroShotResult;
import org.djlift.support.TinyPairs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Labels and scores are those of transformers' pipeline. */
class ZeroShotClassifierTest {

    private static final float EXACT = 1e-4f;
    private static final List<String> LABELS = List.of("travel", "food, drink", "東京");

    private static ZeroShotClassifier classifier;
    private static List<JsonObject> cases;
    private static List<ZeroShotInput> inputs;

    @BeforeAll
    static void load() throws IOException {
        classifier = ZeroShotClassifier.load(TinyPairs.ZERO_SHOT);
        cases = TinyPairs.cases(TinyPairs.ZERO_SHOT);
        inputs = cases.stream()
                .map(TinyPairs::input)
                .map(one -> ZeroShotInput.of(one.get("text").getAsString(), TinyPairs.strings(one.get("labels"))))
                .collect(Collectors.toList());
    }

    @AfterAll
    static void close() {
        classifier.close();
    }

    @Test
    void everyVariantIsThePipelines() {
        ZeroShotOptions options = ZeroShotOptions.defaults();
        assertGolden("default", classifier.classifyInputs(inputs));
        assertGolden("one-label", classifier.classifyInputs(inputs, options.multiLabel(false)));
        assertGolden("multi-label", classifier.classifyInputs(inputs, options.multiLabel(true)));
        String other = "{0}: what is written here is about {0}.";
        assertGolden("template", classifier.classifyInputs(inputs, options.template(other)));
        List<ZeroShotInput> own =
                inputs.stream().map(one -> one.withTemplate(other)).collect(Collectors.toList());
        assertGolden("template", classifier.classifyInputs(own));
        own.replaceAll(one -> one.withTemplate("This example is {}.").withMultiLabel(true));
        assertGolden("multi-label", classifier.classifyInputs(own, options.template(other)));
    }

    @Test
    void oneAtATimeIsTheSame() {
        assertGolden("default", inputs.stream().map(classifier::classify).collect(Collectors.toList()));
        MicroBatcher<ZeroShotInput, ZeroShotResult, ZeroShotOptions> door = classifier.latency();
        assertGolden("default", inputs.stream().map(door::run).collect(Collectors.toList()));
    }

    @Test
    void everyDoorForTheSameLabelsGivesTheSame() {
        ZeroShotResult found = classifier.classify("A text.", LABELS);
        assertEquals("A text.", found.text());
        assertEquals(found.labels().get(0), found.best().label());
        assertEquals(found.scores()[0], found.best().score());
        assertEquals(List.of(found, found), classifier.classify(List.of("A text.", "A text."), LABELS));
        assertEquals(
                found,
                classifier.classify(List.of("A text.").iterator(), LABELS).next());
        assertEquals(
                found,
                classifier
                        .classifyInputs(LABELS.iterator(), label -> ZeroShotInput.of("A text.", LABELS))
                        .next()
                        .output()
                        .orElseThrow());
    }

    @Test
    void aStreamGoesOnAfterWhatCannotBeClassified() {
        List<String> texts = Arrays.asList("A text.", "", null, "A text.");
        Iterator<Outcome<String, ZeroShotResult>> found = classifier.classify(texts.iterator(), text -> text, LABELS);
        ZeroShotResult expected = classifier.classify("A text.", LABELS);
        assertEquals(Optional.of(expected), found.next().output());
        String said = found.next().failure().orElseThrow().getMessage();
        assertTrue(said.contains("found an empty text"), said);
        assertTrue(found.next().output().isEmpty());
        assertEquals(Optional.of(expected), found.next().output());
        assertFalse(found.hasNext());
    }

    @Test
    void theArchiveMayHaveLabels() throws IOException {
        try (ZeroShotClassifier own = ZeroShotClassifier.builder(TinyPairs.ZERO_SHOT)
                .options(ZeroShotOptions.defaults().labels(LABELS).multiLabel(true))
                .build()) {
            ZeroShotOptions options = ZeroShotOptions.defaults().multiLabel(true);
            assertEquals(classifier.classify("A text.", LABELS, options), own.classify(ZeroShotInput.of("A text.")));
            assertEquals(List.of("one"), own.classify("A text.", List.of("one")).labels());
        }
    }

    @Test
    void whatCannotBeClassifiedIsSaid() {
        assertSaid("neither the input nor the archive names one", ZeroShotInput.of("t"));
        assertSaid("leaves no room", ZeroShotInput.of("t", List.of("word ".repeat(70))));
        assertSaid(
                "a template that the label changes",
                ZeroShotInput.of("t", List.of("{}")).withTemplate("{}"));
        assertThrows(IllegalArgumentException.class, () -> ZeroShotInput.of("t", List.of()));
        assertThrows(IllegalArgumentException.class, () -> classifier.classify(List.of("t"), List.of()));
        assertThrows(NullPointerException.class, () -> classifier.classify(Collections.singletonList(null), LABELS));
    }

    @Test
    void parametersAreChecked() {
        for (String template :
                List.of("", "none", "{", "{} {}", "{} {0}", "{1}", "{a}", "{!r}", "{:>9}", "{{}}", "}{}")) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class,
                    () -> ZeroShotOptions.defaults().template(template),
                    template);
            assertTrue(e.getMessage().contains("hypothesis_template"), e.getMessage());
        }
        for (String wrong : List.of(
                "{\"labels\": []}",
                "{\"labels\": \"a\"}",
                "{\"multi_label\": 1}",
                "{\"hypothesis_template\": 1}",
                "{\"template\": \"{}\"}")) {
            assertThrows(IllegalArgumentException.class, () -> ModelJson.json(classifier, List.of(), wrong), wrong);
        }
    }

    @Test
    void bracesAreFilledInAsInPython() {
        ZeroShotOptions plain = ZeroShotOptions.defaults().template("a {b} {}".replace("{b}", "{{b}}"));
        ZeroShotOptions twice = ZeroShotOptions.defaults().template("a {{b}} {0}");
        assertEquals(classifier.classify("t", LABELS, plain), classifier.classify("t", LABELS, twice));
    }

    @Test
    void theArchiveProvesItself() throws IOException {
        SelfTest test = classifier.selfTest();
        assertTrue(test.passed(), test.toString());
    }

    private static void assertSaid(String expected, ZeroShotInput input) {
        TextException e = assertThrows(TextException.class, () -> classifier.classify(input));
        assertTrue(e.getMessage().contains(expected), e.getMessage());
    }

    private static void assertGolden(String variant, List<ZeroShotResult> found) {
        assertEquals(cases.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            JsonObject expected = TinyPairs.output(cases.get(i), variant);
            assertEquals(TinyPairs.strings(expected.get("labels")), found.get(i).labels());
            assertArrayEquals(
                    TinyPairs.floats(expected.get("scores")), found.get(i).scores(), EXACT);
        }
    }
}
