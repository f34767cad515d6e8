package org.djlift.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.DeferredTranslatorFactory;
import ai.djl.translate.TranslateException;
import ai.djl.util.StringPair;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.ClassificationOptions;
import org.djlift.TextClassifier;
import org.djlift.data.LabelScore;
import org.djlift.data.TextPair;
import org.djlift.support.TinyClassifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Plain DJL's doors give what the classifier gives. */
class TextClassificationTest {

    private static TextClassifier classifier;

    @BeforeAll
    static void load() throws IOException {
        classifier = TextClassifier.builder(TinyClassifier.FOLDER)
                .options(ClassificationOptions.defaults().allLabels())
                .build();
    }

    @AfterAll
    static void close() {
        classifier.close();
    }

    @Test
    void textsAndPairsHaveTheClassesOfTheClassifierInItsOrder() throws Exception {
        List<TextPair> inputs = TinyClassifier.inputs();
        List<String> texts = inputs.stream().map(TextPair::text).collect(Collectors.toList());
        try (ZooModel<String, Classifications> model =
                        load(String.class, Classifications.class, Map.of("top_k", "null"));
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            List<Classifications> batch = predictor.batchPredict(texts);
            for (int i = 0; i < texts.size(); i++) {
                assertSame(classifier.classify(texts.get(i)), batch.get(i));
            }
            assertSame(classifier.classify("alone"), predictor.predict("alone"));
        }
        try (ZooModel<StringPair, Classifications> model =
                        load(StringPair.class, Classifications.class, Map.of("parameters", "{\"top_k\": null}"));
                Predictor<StringPair, Classifications> predictor = model.newPredictor()) {
            for (TextPair pair : inputs) {
                StringPair given = new StringPair(pair.text(), pair.pair().orElse(null));
                assertSame(classifier.classify(pair), predictor.predict(given));
            }
        }
    }

    @Test
    void arraysAreRunTogether() throws Exception {
        try (ZooModel<String[], Classifications[]> model =
                        load(String[].class, Classifications[].class, Map.of("top_k", 2));
                Predictor<String[], Classifications[]> predictor = model.newPredictor()) {
            Classifications[] found = predictor.predict(new String[] {"one", "two words"});
            assertEquals(2, found.length);
            assertSame(classifier.classify("two words").subList(0, 2), found[1]);
            assertEquals(0, predictor.predict(new String[0]).length);
        }
        try (ZooModel<StringPair[], Classifications[]> model =
                        load(StringPair[].class, Classifications[].class, Map.of());
                Predictor<StringPair[], Classifications[]> predictor = model.newPredictor()) {
            Classifications[] found = predictor.predict(new StringPair[] {new StringPair("a", "b")});
            assertSame(classifier.classify(TextPair.of("a", "b")).subList(0, 1), found[0]);
        }
    }

    @Test
    void requestsAreAnsweredInJson() throws Exception {
        try (ZooModel<Input, Output> model = load(Input.class, Output.class, Map.of());
                Predictor<Input, Output> predictor = model.newPredictor()) {
            LabelScore best = classifier.classify("a text").get(0);
            LabelScore ofPair = classifier.classify(TextPair.of("a", "b")).get(0);
            assertBest(best, array(predictor.predict(plain("a text"))));
            assertBest(best, array(predictor.predict(request("\"a text\""))));
            assertBest(best, array(predictor.predict(request("{\"inputs\": \"a text\"}"))));
            assertBest(ofPair, array(predictor.predict(request("{\"text\": \"a\", \"text_pair\": \"b\"}"))));
            JsonArray both = array(
                    predictor.predict(request("{\"inputs\": [\"a text\", {\"text\": \"a\", \"text_pair\": \"b\"}]}")));
            assertBest(best, both.get(0).getAsJsonArray());
            assertBest(ofPair, both.get(1).getAsJsonArray());
            for (String wrong : List.of("{}", "{\"text\": 1}", "[1]", "{", "{\"text\": \"a\", \"pair\": \"b\"}")) {
                assertThrows(TranslateException.class, () -> predictor.predict(request(wrong)), wrong);
            }
        }
    }

    @Test
    void theArchiveNamesTheTranslator() throws Exception {
        Criteria<String, Classifications> criteria = Criteria.builder()
                .setTypes(String.class, Classifications.class)
                .optModelPath(TinyClassifier.FOLDER)
                .optTranslatorFactory(new DeferredTranslatorFactory())
                .build();
        try (ZooModel<String, Classifications> model = criteria.loadModel();
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            assertSame(classifier.classify("a").subList(0, 1), predictor.predict("a"));
        }
    }

    @Test
    void argumentsAndFilesAreChecked(@TempDir Path folder) throws Exception {
        assertRefused(TinyClassifier.FOLDER, Map.of("top_k", "many"), "top_k");
        assertRefused(TinyClassifier.FOLDER, Map.of("function_to_apply", "tanh"), "tanh");
        assertRefused(TinyClassifier.FOLDER, Map.of("parameters", "{\"topk\": 1}"), "topk");
        try (Stream<Path> walk = Files.walk(TinyClassifier.FOLDER)) {
            for (Path file : walk.filter(Files::isRegularFile).collect(Collectors.toList())) {
                Path target =
                        folder.resolve(TinyClassifier.FOLDER.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("glad", "evil"));
        assertRefused(folder, Map.of(), "config.json");
    }

    private static void assertRefused(Path folder, Map<String, Object> arguments, String named) {
        Throwable e = assertThrows(Exception.class, () -> load(folder, String.class, Classifications.class, arguments)
                .close());
        StringBuilder all = new StringBuilder();
        for (; e != null; e = e.getCause()) {
            all.append(e.getMessage()).append('\n');
        }
        assertTrue(all.toString().contains(named), all.toString());
    }

    private static <I, O> ZooModel<I, O> load(Class<I> input, Class<O> output, Map<String, Object> arguments)
            throws Exception {
        return load(TinyClassifier.FOLDER, input, output, arguments);
    }

    private static <I, O> ZooModel<I, O> load(
            Path folder, Class<I> input, Class<O> output, Map<String, Object> arguments) throws Exception {
        Criteria.Builder<I, O> builder = Criteria.builder()
                .setTypes(input, output)
                .optModelPath(folder)
                .optTranslatorFactory(new TextClassificationTranslatorFactory());
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

    private static JsonArray array(Output output) {
        return JsonParser.parseString(output.getData().getAsString()).getAsJsonArray();
    }

    private static void assertBest(LabelScore expected, JsonArray found) {
        assertEquals(1, found.size());
        JsonObject one = found.get(0).getAsJsonObject();
        assertEquals(expected.label(), one.get("className").getAsString());
        assertEquals(expected.score(), one.get("probability").getAsFloat(), 1e-5f);
    }

    private static void assertSame(List<LabelScore> expected, Classifications found) {
        assertEquals(expected.stream().map(LabelScore::label).collect(Collectors.toList()), found.getClassNames());
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(
                    expected.get(i).score(), found.getProbabilities().get(i).floatValue(), 1e-5f);
        }
        assertEquals(
                found.getClassNames(),
                found.topK().stream()
                        .map(Classifications.Classification::getClassName)
                        .collect(Collectors.toList()));
    }
}
