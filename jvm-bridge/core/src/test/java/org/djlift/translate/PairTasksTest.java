package org.djlift.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.translator.ZeroShotClassificationInput;
import ai.djl.modality.nlp.translator.ZeroShotClassificationOutput;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.DeferredTranslatorFactory;
import ai.djl.translate.TranslateException;
import ai.djl.util.StringPair;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.CrossEncoder;
import org.djlift.ZeroShotClassifier;
import org.djlift.ZeroShotOptions;
import org.djlift.data.RankedText;
import org.djlift.data.ZeroShotResult;
import org.djlift.support.TinyPairs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Plain DJL's doors give what the classes of zero-shot classification and text ranking give. */
class PairTasksTest {

    private static final float EXACT = 1e-5f;
    private static final String TEXT = "Ada Lovelace met Charles Babbage in London.";
    private static final String[] LABELS = {"travel", "food, drink", "a city in Germany"};

    private static ZeroShotClassifier classifier;
    private static CrossEncoder encoder;

    @BeforeAll
    static void load() throws IOException {
        classifier = ZeroShotClassifier.load(TinyPairs.ZERO_SHOT);
        encoder = CrossEncoder.load(TinyPairs.RANKING);
    }

    @AfterAll
    static void close() {
        classifier.close();
        encoder.close();
    }

    @Test
    void zeroShotHasDjlsTypes() throws Exception {
        try (ZooModel<ZeroShotClassificationInput, ZeroShotClassificationOutput> model = zeroShot(Map.of());
                Predictor<ZeroShotClassificationInput, ZeroShotClassificationOutput> predictor = model.newPredictor()) {
            ZeroShotOptions options = ZeroShotOptions.defaults();
            assertSame(options, predictor.predict(new ZeroShotClassificationInput(TEXT, LABELS)));
            ZeroShotClassificationInput multi = new ZeroShotClassificationInput(TEXT, LABELS, true);
            assertSame(options.multiLabel(true), predictor.predict(multi));
            ZeroShotClassificationInput other = new ZeroShotClassificationInput(TEXT, LABELS, false, "About {}.");
            assertSame(options.template("About {}."), predictor.predict(other));
            List<ZeroShotClassificationOutput> batch = predictor.batchPredict(List.of(multi, other));
            assertSame(options.multiLabel(true), batch.get(0));
            assertSame(options.template("About {}."), batch.get(1));
            assertThrows(
                    TranslateException.class,
                    () -> predictor.predict(new ZeroShotClassificationInput(TEXT, new String[0])));
        }
    }

    @Test
    void argumentsStandWhereDjlsInputSaysNothing() throws Exception {
        Map<String, Object> arguments = Map.of(
                "labels", "[\"travel\", \"food, drink\", \"a city in Germany\"]",
                "multi_label", true,
                "hypothesis_template", "About {}.");
        try (ZooModel<ZeroShotClassificationInput, ZeroShotClassificationOutput> model = zeroShot(arguments);
                Predictor<ZeroShotClassificationInput, ZeroShotClassificationOutput> predictor = model.newPredictor()) {
            ZeroShotOptions options =
                    ZeroShotOptions.defaults().multiLabel(true).template("About {}.");
            assertSame(options, predictor.predict(new ZeroShotClassificationInput(TEXT, new String[0])));
        }
        assertTrue(assertThrows(Exception.class, () -> zeroShot(Map.of("hypothesis_template", "none")))
                .toString()
                .contains("hypothesis_template"));
    }

    @Test
    void zeroShotRequestsAreAnsweredInJson() throws Exception {
        try (ZooModel<Input, Output> model = load(TinyPairs.ZERO_SHOT, Input.class, Output.class, Map.of());
                Predictor<Input, Output> predictor = model.newPredictor()) {
            String asked = "{\"text\": \"" + TEXT + "\", \"candidate_labels\": [\"travel\", \"food, drink\"],"
                    + " \"multi_label\": true}";
            JsonObject found = json(predictor.predict(request(asked))).getAsJsonObject();
            ZeroShotResult expected = classifier.classify(
                    TEXT,
                    List.of("travel", "food, drink"),
                    ZeroShotOptions.defaults().multiLabel(true));
            assertEquals(TEXT, found.get("sequence").getAsString());
            assertEquals(expected.labels(), TinyPairs.strings(found.get("labels")));
            assertArrayEquals(expected.scores(), TinyPairs.floats(found.get("scores")), EXACT);
            assertEquals(
                    2,
                    json(predictor.predict(request("[" + asked + "," + asked + "]")))
                            .getAsJsonArray()
                            .size());
            for (String wrong : List.of("\"text\"", "{\"text\": \"a\"}", "{\"text\": \"a\", \"labels\": [1]}", "{")) {
                assertThrows(TranslateException.class, () -> predictor.predict(request(wrong)), wrong);
            }
        }
    }

    @Test
    void pairsHaveDjlsTypes() throws Exception {
        StringPair pair = new StringPair("Where?", TEXT);
        float score = encoder.score("Where?", TEXT);
        try (ZooModel<StringPair, float[]> model = load(TinyPairs.RANKING, StringPair.class, float[].class, Map.of());
                Predictor<StringPair, float[]> predictor = model.newPredictor()) {
            assertArrayEquals(new float[] {score}, predictor.predict(pair), EXACT);
            assertEquals(2, predictor.batchPredict(List.of(pair, pair)).size());
        }
        try (ZooModel<StringPair[], float[][]> model = load(
                        TinyPairs.RANKING, StringPair[].class, float[][].class, Map.of("function_to_apply", "none"));
                Predictor<StringPair[], float[][]> predictor = model.newPredictor()) {
            float[][] found = predictor.predict(new StringPair[] {pair, new StringPair(TEXT, "Where?")});
            assertEquals(score, 1 / (1 + Math.exp(-found[0][0])), EXACT);
            assertEquals(0, predictor.predict(new StringPair[0]).length);
        }
    }

    @Test
    void rankingRequestsAreAnsweredInJson() throws Exception {
        float score = encoder.score("Where?", TEXT);
        float other = encoder.score("Where?", "Paris");
        try (ZooModel<Input, Output> model = load(TinyPairs.RANKING, Input.class, Output.class, Map.of());
                Predictor<Input, Output> predictor = model.newPredictor()) {
            for (String[] keys : new String[][] {{"text", "text_pair"}, {"key", "value"}, {"query", "text"}}) {
                String one = "{\"" + keys[0] + "\": \"Where?\", \"" + keys[1] + "\": \"" + TEXT + "\"}";
                assertScores(json(predictor.predict(request(one))), score);
                JsonArray both = json(predictor.predict(request("[" + one + "," + one + "]")))
                        .getAsJsonArray();
                assertScores(both.get(1), score);
                Input parts = new Input();
                parts.add(keys[0], "Where?");
                parts.add(keys[1], TEXT);
                assertScores(json(predictor.predict(parts)), score);
            }
            String texts = "{\"query\": \"Where?\", \"texts\": [\"" + TEXT + "\", \"Paris\"]}";
            JsonArray listed = json(predictor.predict(request(texts))).getAsJsonArray();
            assertScores(listed.get(0), score);
            assertScores(listed.get(1), other);
            JsonArray ranked = json(predictor.predict(request(texts.replace("texts", "documents"))))
                    .getAsJsonArray();
            RankedText best = encoder.rank("Where?", List.of(TEXT, "Paris")).get(0);
            assertEquals(
                    best.index(), ranked.get(0).getAsJsonObject().get("index").getAsInt());
            assertEquals(
                    best.score(), ranked.get(0).getAsJsonObject().get("score").getAsFloat(), EXACT);
            for (String wrong :
                    List.of("\"a\"", "{}", "{\"query\": \"a\"}", "{\"query\": \"a\", \"texts\": 1}", "[1]")) {
                assertThrows(TranslateException.class, () -> predictor.predict(request(wrong)), wrong);
            }
        }
    }

    @Test
    void theArchivesNameTheirTranslators() throws Exception {
        Criteria<StringPair, float[]> criteria = Criteria.builder()
                .setTypes(StringPair.class, float[].class)
                .optModelPath(TinyPairs.RANKING)
                .optTranslatorFactory(new DeferredTranslatorFactory())
                .build();
        try (ZooModel<StringPair, float[]> model = criteria.loadModel();
                Predictor<StringPair, float[]> predictor = model.newPredictor()) {
            assertEquals(encoder.score("a", "b"), predictor.predict(new StringPair("a", "b"))[0], EXACT);
        }
    }

    private static ZooModel<ZeroShotClassificationInput, ZeroShotClassificationOutput> zeroShot(
            Map<String, Object> arguments) throws Exception {
        return load(
                TinyPairs.ZERO_SHOT, ZeroShotClassificationInput.class, ZeroShotClassificationOutput.class, arguments);
    }

    private static <I, O> ZooModel<I, O> load(Path folder, Class<I> input, Class<O> output, Map<String, ?> arguments)
            throws Exception {
        Criteria.Builder<I, O> criteria = Criteria.builder()
                .setTypes(input, output)
                .optModelPath(folder)
                .optTranslatorFactory(
                        folder == TinyPairs.RANKING
                                ? new CrossEncoderTranslatorFactory()
                                : new ZeroShotClassificationTranslatorFactory());
        arguments.forEach(criteria::optArgument);
        return criteria.build().loadModel();
    }

    private static void assertSame(ZeroShotOptions options, ZeroShotClassificationOutput found) {
        ZeroShotResult expected = classifier.classify(TEXT, List.of(LABELS), options);
        assertEquals(TEXT, found.getSequence());
        assertEquals(expected.labels(), List.of(found.getLabels()));
        for (int i = 0; i < LABELS.length; i++) {
            assertEquals(expected.scores()[i], found.getScores()[i], EXACT);
        }
    }

    private static void assertScores(JsonElement found, float score) {
        assertArrayEquals(new float[] {score}, TinyPairs.floats(found), EXACT);
    }

    private static Input request(String json) {
        Input input = new Input();
        input.addProperty("Content-Type", "application/json");
        input.add(json);
        return input;
    }

    private static JsonElement json(Output output) {
        return JsonParser.parseString(output.getData().getAsString());
    }
}
