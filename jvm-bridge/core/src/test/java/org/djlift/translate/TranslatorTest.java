package org.djlift.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.DeferredTranslatorFactory;
import ai.djl.translate.TranslateException;
import ai.djl.translate.TranslatorFactory;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.support.Tiny;
import org.djlift.support.WithTinyClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Map;

/** Plain DJL gets from the translators what TokenClassifier gives. */
class TranslatorTest extends WithTinyClassifier {

    @ParameterizedTest
    @EnumSource
    void aPredictorGivesTheSameEntitiesAloneAndInABatch(AggregationStrategy strategy) throws Exception {
        Map<String, Object> arguments = Map.of("aggregation_strategy", strategy.toString());
        try (ZooModel<String, NamedEntity[]> model = load(String.class, NamedEntity[].class, arguments);
                Predictor<String, NamedEntity[]> predictor = model.newPredictor()) {
            List<NamedEntity[]> batch = predictor.batchPredict(Tiny.texts());
            List<List<Entity>> expected = classifier.classify(Tiny.texts(), Tiny.options(strategy));
            for (int i = 0; i < expected.size(); i++) {
                assertSame(expected.get(i), batch.get(i));
                assertSame(expected.get(i), predictor.predict(Tiny.texts().get(i)));
            }
        }
    }

    @Test
    void aStrideReadsLongTextsInWindows() throws Exception {
        try (ZooModel<String, NamedEntity[]> model = load(String.class, NamedEntity[].class, Map.of("stride", 8));
                Predictor<String, NamedEntity[]> predictor = model.newPredictor()) {
            List<NamedEntity[]> batch = predictor.batchPredict(Tiny.texts());
            List<List<Entity>> expected =
                    classifier.classify(Tiny.texts(), Tiny.options(AggregationStrategy.SIMPLE, 8));
            for (int i = 0; i < expected.size(); i++) {
                assertSame(expected.get(i), batch.get(i));
            }
        }
    }

    @Test
    void aTextWithoutTokensNeverReachesTheModel() throws Exception {
        Map<String, Object> arguments = Map.of("addSpecialTokens", "false", "stride", 8);
        try (ZooModel<String, NamedEntity[]> model = load(String.class, NamedEntity[].class, arguments);
                Predictor<String, NamedEntity[]> predictor = model.newPredictor()) {
            assertEquals(0, predictor.predict("").length);
            List<NamedEntity[]> batch = predictor.batchPredict(List.of("", "Ada Lovelace in London", " "));
            assertEquals(0, batch.get(0).length);
            assertTrue(batch.get(1).length > 0);
            assertEquals(0, batch.get(2).length);
        }
    }

    @Test
    void severalTextsCanBeOneInput() throws Exception {
        try (ZooModel<String[], NamedEntity[][]> model = load(String[].class, NamedEntity[][].class, Map.of());
                Predictor<String[], NamedEntity[][]> predictor = model.newPredictor()) {
            String[] texts = Tiny.texts().toArray(new String[0]);
            NamedEntity[][] found = predictor.predict(texts);
            List<List<Entity>> expected = classifier.classify(Tiny.texts());
            for (int i = 0; i < expected.size(); i++) {
                assertSame(expected.get(i), found[i]);
            }
            List<String[]> inputs = List.of(new String[] {texts[0]}, new String[0], new String[] {texts[2], texts[1]});
            List<NamedEntity[][]> batch = predictor.batchPredict(inputs);
            assertSame(expected.get(0), batch.get(0)[0]);
            assertEquals(0, batch.get(1).length);
            assertSame(expected.get(1), batch.get(2)[1]);
        }
    }

    @Test
    void servingPropertiesNameTheTranslator() throws Exception {
        Criteria<String, NamedEntity[]> criteria = Criteria.builder()
                .setTypes(String.class, NamedEntity[].class)
                .optModelPath(Tiny.FOLDER)
                .optTranslatorFactory(new DeferredTranslatorFactory())
                .build();
        try (ZooModel<String, NamedEntity[]> model = criteria.loadModel();
                Predictor<String, NamedEntity[]> predictor = model.newPredictor()) {
            assertSame(
                    classifier.classify(Tiny.texts().get(0)),
                    predictor.predict(Tiny.texts().get(0)));
        }
    }

    @Test
    void djlsOwnTranslatorLoadsTheSameFolder() throws Exception {
        Criteria<String, NamedEntity[]> criteria = Criteria.builder()
                .setTypes(String.class, NamedEntity[].class)
                .optModelPath(Tiny.FOLDER)
                .optTranslatorFactory(new ai.djl.huggingface.translator.TokenClassificationTranslatorFactory())
                .build();
        try (ZooModel<String, NamedEntity[]> model = criteria.loadModel();
                Predictor<String, NamedEntity[]> predictor = model.newPredictor()) {
            assertEquals(
                    classifier.classify(Tiny.texts().get(0)).size(),
                    predictor.predict(Tiny.texts().get(0)).length);
        }
    }

    @Test
    void servingGetsJson() throws Exception {
        try (ZooModel<Input, Output> model = load(Input.class, Output.class, Map.of());
                Predictor<Input, Output> predictor = model.newPredictor()) {
            String text = Tiny.texts().get(4);
            List<Entity> expected = classifier.classify(text);
            String quoted = new com.google.gson.JsonPrimitive(text).toString();
            assertSame(expected, json(predictor.predict(plain(text))));
            assertSame(expected, json(predictor.predict(request(quoted))));
            assertSame(expected, json(predictor.predict(request("{\"inputs\": " + quoted + "}"))));
            for (String body : List.of("{\"inputs\": [\"a\", " + quoted + "]}", "[\"a\", " + quoted + "]")) {
                JsonArray two = json(predictor.predict(request(body)));
                assertEquals(2, two.size());
                assertSame(expected, two.get(1).getAsJsonArray());
            }
            List<Output> batch = predictor.batchPredict(List.of(plain("a"), request("[]"), plain(text)));
            assertEquals(0, json(batch.get(1)).size());
            assertSame(expected, json(batch.get(2)));
            assertEquals("application/json", batch.get(2).getProperty("Content-Type", null));
        }
    }

    @Test
    void badRequestsAreRefused() throws Exception {
        try (ZooModel<Input, Output> model = load(Input.class, Output.class, Map.of());
                Predictor<Input, Output> predictor = model.newPredictor()) {
            for (String body : List.of("{\"inputs\": {}}", "{\"text\": \"a\"}", "{", "{\"inputs\": null}", "[null]")) {
                assertThrows(TranslateException.class, () -> predictor.predict(request(body)), body);
            }
            assertThrows(TranslateException.class, () -> predictor.predict(new Input()));
        }
    }

    @Test
    void unknownArgumentsAreNotPassedOverInSilence() {
        assertRefused(Map.of("aggregation_strategy", "mean"), "mean");
        assertRefused(Map.of("aggregation_strategy", "none", "stride", 4), "stride");
        assertRefused(Map.of("stride", "many"), "many");
        assertThrows(ModelNotFoundException.class, () -> load(String.class, String.class, Map.of())
                .close());
    }

    @Test
    void theFactoryTravels() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(new TokenClassificationTranslatorFactory());
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertTrue(((TranslatorFactory) in.readObject()).isSupported(String.class, NamedEntity[].class));
        }
    }

    private static void assertRefused(Map<String, Object> arguments, String named) {
        Throwable e = assertThrows(Exception.class, () -> load(String.class, NamedEntity[].class, arguments)
                .close());
        StringBuilder all = new StringBuilder();
        for (; e != null; e = e.getCause()) {
            all.append(e.getMessage()).append('\n');
        }
        assertTrue(all.toString().contains(named), all.toString());
    }

    private static <I, O> ZooModel<I, O> load(Class<I> input, Class<O> output, Map<String, Object> arguments)
            throws Exception {
        Criteria.Builder<I, O> builder = Criteria.builder()
                .setTypes(input, output)
                .optModelPath(Tiny.FOLDER)
                .optTranslatorFactory(new TokenClassificationTranslatorFactory());
        arguments.forEach(builder::optArgument);
        return builder.build().loadModel();
    }

    private static Input plain(String text) {
        Input input = new Input();
        input.add(text);
        return input;
    }

    private static Input request(String body) {
        Input input = plain(body);
        input.addProperty("Content-Type", "application/json; charset=utf-8");
        return input;
    }

    private static JsonArray json(Output output) {
        return JsonParser.parseString(output.getData().getAsString()).getAsJsonArray();
    }

    private static void assertSame(List<Entity> expected, JsonArray found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(
                    expected.get(i).word(),
                    found.get(i).getAsJsonObject().get("word").getAsString());
            assertEquals(
                    expected.get(i).label(),
                    found.get(i).getAsJsonObject().get("entity").getAsString());
            assertEquals(
                    expected.get(i).start(),
                    found.get(i).getAsJsonObject().get("start").getAsInt());
        }
    }

    private static void assertSame(List<Entity> expected, NamedEntity[] found) {
        assertEquals(expected.size(), found.length);
        for (int i = 0; i < found.length; i++) {
            Entity entity = expected.get(i);
            NamedEntity named = found[i];
            assertArrayEquals(
                    new Object[] {entity.label(), entity.word(), entity.start(), entity.end(), entity.index()},
                    new Object[] {named.getEntity(), named.getWord(), named.getStart(), named.getEnd(), named.getIndex()
                    });
            assertEquals(entity.score(), named.getScore(), 1e-5f);
        }
    }
}
