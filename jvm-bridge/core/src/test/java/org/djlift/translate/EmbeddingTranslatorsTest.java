package org.djlift.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.EmbeddingOutput;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.DeferredTranslatorFactory;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;

import org.djlift.EmbeddingOptions;
import org.djlift.SparseEncoder;
import org.djlift.TextEmbedder;
import org.djlift.data.TokenWeight;
import org.djlift.support.TinyEmbedder;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.Map;

/** Plain DJL's doors give what the embedders give. */
class EmbeddingTranslatorsTest {

    private static final float CLOSE = 1e-5f;

    @Test
    void textsHaveTheVectorsOfTheEmbedder() throws Exception {
        try (TextEmbedder embedder = TextEmbedder.load(TinyEmbedder.FOLDER);
                ZooModel<String, float[]> model =
                        load(TinyEmbedder.FOLDER, String.class, float[].class, Map.of("prompt_name", "query"));
                Predictor<String, float[]> predictor = model.newPredictor();
                ZooModel<String[], float[][]> many = load(
                        TinyEmbedder.FOLDER,
                        String[].class,
                        float[][].class,
                        Map.of("parameters", "{\"truncate_dim\": 5}"));
                Predictor<String[], float[][]> arrays = many.newPredictor()) {
            assertArrayEquals(embedder.embed("Anna", "query"), predictor.predict("Anna"), CLOSE);
            float[][] found = arrays.predict(new String[] {"Anna", "met Tom in Paris"});
            EmbeddingOptions five = EmbeddingOptions.defaults().dimension(5);
            assertArrayEquals(embedder.embed("Anna", five), found[0], CLOSE);
            assertArrayEquals(embedder.embed("met Tom in Paris", five), found[1], CLOSE);
            assertEquals(0, arrays.predict(new String[0]).length);
        }
    }

    @Test
    void requestsAreAnsweredInJson() throws Exception {
        try (TextEmbedder embedder = TextEmbedder.load(TinyEmbedder.FOLDER);
                ZooModel<Input, Output> model = load(TinyEmbedder.FOLDER, Input.class, Output.class, Map.of());
                Predictor<Input, Output> predictor = model.newPredictor()) {
            assertArrayEquals(embedder.embed("Anna"), floats(answer(predictor, "{\"inputs\": \"Anna\"}")), CLOSE);
            JsonArray both = answer(predictor, "[\"Anna\", \"Tom\"]").getAsJsonArray();
            assertArrayEquals(embedder.embed("Tom"), floats(both.get(1)), CLOSE);
        }
    }

    @Test
    void sparseWeightsAreByIds() throws Exception {
        try (SparseEncoder encoder = SparseEncoder.load(TinyEmbedder.SPARSE);
                ZooModel<String, EmbeddingOutput> model =
                        load(TinyEmbedder.SPARSE, String.class, EmbeddingOutput.class, Map.of("top_k", 4));
                Predictor<String, EmbeddingOutput> predictor = model.newPredictor();
                ZooModel<String[], EmbeddingOutput[]> many =
                        load(TinyEmbedder.SPARSE, String[].class, EmbeddingOutput[].class, Map.of());
                Predictor<String[], EmbeddingOutput[]> arrays = many.newPredictor()) {
            Map<String, Float> found = predictor.predict("Anna met Tom").getLexicalWeights();
            assertEquals(4, found.size());
            for (TokenWeight one : encoder.encode("Anna met Tom").subList(0, 4)) {
                assertEquals(one.weight(), found.get(Integer.toString(one.id())), CLOSE);
            }
            EmbeddingOutput[] two = arrays.predict(new String[] {"Anna", "Tom"});
            assertEquals(
                    encoder.encode("Tom").size(), two[1].getLexicalWeights().size());
        }
    }

    @Test
    void theArchiveNamesTheTranslatorAndArgumentsAreChecked() throws Exception {
        Criteria<String, float[]> criteria = Criteria.builder()
                .setTypes(String.class, float[].class)
                .optModelPath(TinyEmbedder.FOLDER)
                .optTranslatorFactory(new DeferredTranslatorFactory())
                .build();
        try (ZooModel<String, float[]> model = criteria.loadModel();
                Predictor<String, float[]> predictor = model.newPredictor()) {
            assertEquals(16, predictor.predict("a").length);
        }
        for (Map.Entry<String, Object> wrong : Map.<String, Object>of(
                        "prompt_name", "title", "truncate_dim", 0, "parameters", "{\"pooling\": \"cls\"}")
                .entrySet()) {
            assertThrows(
                    Exception.class,
                    () -> load(
                                    TinyEmbedder.FOLDER,
                                    String.class,
                                    float[].class,
                                    Map.of(wrong.getKey(), wrong.getValue()))
                            .close(),
                    wrong.getKey());
        }
    }

    private static <I, O> ZooModel<I, O> load(
            Path folder, Class<I> input, Class<O> output, Map<String, Object> arguments) throws Exception {
        Criteria.Builder<I, O> builder =
                Criteria.builder().setTypes(input, output).optModelPath(folder).optEngine("OnnxRuntime");
        builder.optTranslatorFactory(
                folder.equals(TinyEmbedder.SPARSE)
                        ? new SparseEmbeddingTranslatorFactory()
                        : new TextEmbeddingTranslatorFactory());
        arguments.forEach(builder::optArgument);
        return builder.build().loadModel();
    }

    private static JsonElement answer(Predictor<Input, Output> predictor, String body) throws Exception {
        Input input = new Input();
        input.add(body);
        input.addProperty("Content-Type", "application/json");
        return JsonParser.parseString(predictor.predict(input).getData().getAsString());
    }

    private static float[] floats(JsonElement json) {
        float[] floats = new float[json.getAsJsonArray().size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = json.getAsJsonArray().get(i).getAsFloat();
        }
        return floats;
    }
}
