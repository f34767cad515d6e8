package org.djlift.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.qa.QAInput;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.DeferredTranslatorFactory;
import ai.djl.translate.TranslateException;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;

import org.djlift.AnswerOptions;
import org.djlift.MaskFiller;
import org.djlift.QuestionAnswerer;
import org.djlift.data.Answer;
import org.djlift.data.MaskFill;
import org.djlift.support.TinyPairs;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Plain DJL's doors give what the classes of question answering and fill-mask give. */
class SpanTasksTest {

    private static final double EXACT = 1e-5;
    private static final String CONTEXT = "Ada Lovelace met Charles Babbage in London.";

    @Test
    void questionsHaveDjlsTypes() throws Exception {
        QAInput asked = new QAInput("Who?", CONTEXT);
        try (QuestionAnswerer answerer = QuestionAnswerer.load(TinyPairs.QUESTIONS);
                ZooModel<QAInput, String> model = load(TinyPairs.QUESTIONS, QAInput.class, String.class, Map.of());
                Predictor<QAInput, String> predictor = model.newPredictor()) {
            String best = answerer.answer("Who?", CONTEXT).get(0).text();
            assertEquals(best, predictor.predict(asked));
            assertEquals(List.of(best, ""), predictor.batchPredict(List.of(asked, new QAInput("Who?", " "))));
            assertThrows(TranslateException.class, () -> predictor.predict(new QAInput("", CONTEXT)));
            List<Answer> top =
                    answerer.answer("Who?", CONTEXT, AnswerOptions.defaults().topK(3));
            assertAnswers(top, Map.of("top_k", 3));
            assertAnswers(top, Map.of("parameters", "{\"top_k\": 3}"));
            AnswerOptions none = AnswerOptions.defaults().noAnswer(true).topK(2);
            assertAnswers(answerer.answer("Who?", CONTEXT, none), Map.of("top_k", 2, "handle_impossible_answer", true));
        }
        assertThrows(
                Exception.class,
                () -> load(TinyPairs.QUESTIONS, QAInput.class, String.class, Map.of("max_seq_len", 1000)));
    }

    private static void assertAnswers(List<Answer> expected, Map<String, ?> arguments) throws Exception {
        try (ZooModel<QAInput, Answer[]> model = load(TinyPairs.QUESTIONS, QAInput.class, Answer[].class, arguments);
                Predictor<QAInput, Answer[]> predictor = model.newPredictor()) {
            Answer[] found = predictor.predict(new QAInput("Who?", CONTEXT));
            assertEquals(expected.size(), found.length);
            for (int i = 0; i < found.length; i++) {
                assertEquals(expected.get(i).text(), found[i].text());
                assertEquals(expected.get(i).score(), found[i].score(), EXACT);
            }
        }
    }

    @Test
    void questionsOfServingAreAnsweredInJson() throws Exception {
        try (ZooModel<Input, Output> model = load(TinyPairs.QUESTIONS, Input.class, Output.class, Map.of());
                Predictor<Input, Output> predictor = model.newPredictor()) {
            String one = "{\"question\": \"Who?\", \"context\": \"" + CONTEXT + "\"}";
            JsonElement found = json(predictor.predict(request(one)));
            assertTrue(found.getAsJsonArray().get(0).getAsJsonObject().has("text"), found.toString());
            assertEquals(
                    2,
                    json(predictor.predict(request("{\"inputs\": [" + one + "," + one + "]}")))
                            .getAsJsonArray()
                            .size());
            for (String wrong : List.of("\"text\"", "{\"question\": \"a\"}", "{\"question\": 1, \"context\": \"b\"}")) {
                assertThrows(TranslateException.class, () -> predictor.predict(request(wrong)), wrong);
            }
        }
    }

    @Test
    void masksHaveDjlsTypes() throws Exception {
        String text = "Ada [MASK] met Charles.";
        try (MaskFiller filler = MaskFiller.load(TinyPairs.MASKS);
                ZooModel<String, Classifications> model =
                        load(TinyPairs.MASKS, String.class, Classifications.class, Map.of("top_k", 7));
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            List<MaskFill> expected = filler.fill(text).get(0);
            Classifications found = predictor.predict(text);
            assertEquals(7, found.getClassNames().size());
            assertEquals(
                    expected.stream().map(MaskFill::text).collect(Collectors.toList()),
                    found.getClassNames().subList(0, 5));
            assertEquals(expected.get(0).score(), found.getProbabilities().get(0), EXACT);
            String two = text + " [MASK]";
            assertTrue(assertThrows(TranslateException.class, () -> predictor.predict(two))
                    .toString()
                    .contains("MaskFill[][]"));
            try (ZooModel<String, MaskFill[][]> all = load(
                            TinyPairs.MASKS, String.class, MaskFill[][].class, Map.of("targets", "[\"the\", \"an\"]"));
                    Predictor<String, MaskFill[][]> every = all.newPredictor()) {
                MaskFill[][] fills = every.predict(two);
                assertEquals(2, fills.length);
                assertEquals(2, fills[1].length);
            }
        }
        try (ZooModel<Input, Output> model = load(TinyPairs.MASKS, Input.class, Output.class, Map.of());
                Predictor<Input, Output> predictor = model.newPredictor()) {
            JsonElement found = json(predictor.predict(request("\"" + text + "\"")));
            assertEquals(5, found.getAsJsonArray().get(0).getAsJsonArray().size());
        }
    }

    private static <I, O> ZooModel<I, O> load(Path folder, Class<I> input, Class<O> output, Map<String, ?> arguments)
            throws Exception {
        Criteria.Builder<I, O> criteria = Criteria.builder()
                .setTypes(input, output)
                .optModelPath(folder)
                .optEngine("OnnxRuntime")
                .optTranslatorFactory(new DeferredTranslatorFactory());
        arguments.forEach(criteria::optArgument);
        return criteria.build().loadModel();
    }

    private static Input request(String json) {
        Input input = new Input();
        input.addProperty("Content-Type", "application/json");
        input.add("data", json);
        return input;
    }

    private static JsonElement json(Output output) {
        return JsonParser.parseString(output.getData().getAsString());
    }
}
