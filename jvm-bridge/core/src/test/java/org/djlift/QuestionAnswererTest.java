package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.djlift.data.Answer;
import org.djlift.data.Question;
import org.djlift.data.SelfTest;
import org.djlift.support.TinyPairs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Answers are those of the QuestionAnsweringPipeline of transformers 4, as djlift's port of it has them. */
class QuestionAnswererTest {

    private static final double EXACT = 1e-4;

    private static QuestionAnswerer answerer;
    private static List<JsonObject> cases;
    private static List<Question> questions;

    @BeforeAll
    static void load() throws IOException {
        answerer = QuestionAnswerer.load(TinyPairs.QUESTIONS);
        cases = TinyPairs.cases(TinyPairs.QUESTIONS);
        questions = cases.stream()
                .map(TinyPairs::input)
                .map(one -> Question.of(
                        one.get("question").getAsString(), one.get("context").getAsString()))
                .collect(Collectors.toList());
    }

    @AfterAll
    static void close() {
        answerer.close();
    }

    @Test
    void everyVariantIsThePipelines() {
        AnswerOptions options = AnswerOptions.defaults();
        assertGolden("default", answerer.answer(questions));
        assertGolden("top", answerer.answer(questions, options.topK(5)));
        assertGolden("impossible", answerer.answer(questions, options.noAnswer(true)));
        assertGolden(
                "impossible-top",
                answerer.answer(questions, options.noAnswer(true).topK(5)));
        assertGolden("tokens", answerer.answer(questions, options.wholeWords(false)));
        assertGolden(
                "short-answers",
                answerer.answer(questions, options.longestAnswer(2).topK(2)));
        assertGolden(
                "short-windows",
                answerer.answer(questions, options.windowLength(24).stride(6).topK(5)));
        List<List<Answer>> other =
                answerer.answer(questions, options.windowLength(20).stride(1));
        assertFalse(other.equals(answerer.answer(questions)));
    }

    @Test
    void oneAtATimeIsTheSame() {
        MicroBatcher<Question, List<Answer>, AnswerOptions> door = answerer.latency();
        assertGolden("default", questions.stream().map(door::run).collect(Collectors.toList()));
        List<List<Answer>> streamed = new ArrayList<>();
        answerer.answer(questions.iterator()).forEachRemaining(streamed::add);
        assertGolden("default", streamed);
        assertGolden(
                "default",
                questions.stream()
                        .map(one -> answerer.answer(one.question(), one.context()))
                        .collect(Collectors.toList()));
    }

    @Test
    void placesFitTheContextInBothUnits() {
        for (Question question : questions) {
            String context = question.context();
            for (Answer answer : answerer.answer(
                    question.question(), context, AnswerOptions.defaults().topK(20))) {
                if (!answer.isNone()) {
                    assertEquals(answer.text(), context.substring(answer.start(), answer.end()));
                    assertEquals(answer.start(), context.offsetByCodePoints(0, answer.codePointStart()));
                    assertEquals(answer.end(), context.offsetByCodePoints(0, answer.codePointEnd()));
                }
            }
        }
    }

    @Test
    void whatHasNoAnswerHasNone() {
        assertEquals(List.of(), answerer.answer("Who?", " "));
        Answer none = answerer.answer("Who?", " ", AnswerOptions.defaults().noAnswer(true))
                .get(0);
        assertTrue(none.isNone());
        assertEquals(0, none.end());
    }

    @Test
    void aStreamGoesOnAfterAFailure() {
        List<String> contexts = Arrays.asList("London", "", null, "Paris");
        Function<String, Question> question = context -> context == null ? null : Question.of("Where?", context);
        Iterator<Outcome<String, List<Answer>>> found = answerer.answer(contexts.iterator(), question);
        assertEquals("London", found.next().output().orElseThrow().get(0).text());
        assertTrue(found.next().failure().orElseThrow().getMessage().contains("`context` cannot be empty"));
        assertTrue(found.next().output().isEmpty());
        assertEquals("Paris", found.next().output().orElseThrow().get(0).text());
        assertFalse(found.hasNext());
    }

    @Test
    void whatCannotBeAnsweredIsSaid() {
        assertThrows(NullPointerException.class, () -> answerer.answer(Collections.singletonList(null)));
        assertSaid("`question` cannot be empty", () -> answerer.answer("", "London"));
        String question = "a ".repeat(14);
        assertEquals(1, answerer.answer(question, "London").size());
        // The tokenizers library would take the process along.
        assertSaid("stride must be less than", () -> answerer.answer(question, "London ".repeat(30)));
        assertSaid("Truncation error", () -> answerer.answer("a ".repeat(40), "London"));
        AnswerOptions options = AnswerOptions.defaults();
        assertSaid("'max_seq_len'", () -> answerer.answer("a", "b", options.windowLength(33)));
        assertSaid(
                "'doc_stride'",
                () -> answerer.answer("a", "b", options.windowLength(20).stride(17)));
        assertSaid("topK", () -> options.topK(0));
        assertSaid("windowLength", () -> options.windowLength(0));
        assertSaid("stride", () -> options.stride(-1));
        assertSaid("longestAnswer", () -> options.longestAnswer(0));
        for (String wrong : List.of(
                "{\"top_k\": 0}",
                "{\"top_k\": \"1\"}",
                "{\"doc_stride\": -1}",
                "{\"max_answer_len\": 0}",
                "{\"handle_impossible_answer\": 1}",
                "{\"max_question_len\": 64}")) {
            assertThrows(IllegalArgumentException.class, () -> ModelJson.json(answerer, List.of(), wrong), wrong);
        }
        for (String wrong : List.of("{\"question\": \"q\"}", "{\"question\": 1, \"context\": \"c\"}", "[]")) {
            assertThrows(IllegalArgumentException.class, () -> ModelJson.json(answerer, List.of(wrong), null), wrong);
        }
    }

    @Test
    void theArchiveProvesItself() throws IOException {
        SelfTest test = answerer.selfTest();
        assertTrue(test.passed(), test.toString());
    }

    private static void assertSaid(String said, org.junit.jupiter.api.function.Executable work) {
        RuntimeException thrown = assertThrows(RuntimeException.class, work);
        assertTrue(thrown.getMessage().contains(said), thrown.getMessage());
    }

    private static void assertGolden(String variant, List<List<Answer>> found) {
        assertEquals(cases.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            JsonArray expected = TinyPairs.output(cases.get(i), variant).getAsJsonArray("answers");
            String place = variant + " " + i;
            assertEquals(expected.size(), found.get(i).size(), place);
            for (int rank = 0; rank < expected.size(); rank++) {
                JsonObject one = expected.get(rank).getAsJsonObject();
                Answer answer = found.get(i).get(rank);
                assertEquals(one.get("answer").getAsString(), answer.text(), place);
                assertEquals(one.get("score").getAsDouble(), answer.score(), EXACT, place);
                assertEquals(one.get("start").getAsInt(), answer.codePointStart(), place);
                assertEquals(one.get("end").getAsInt(), answer.codePointEnd(), place);
                assertEquals(one.get("utf16_start").getAsInt(), answer.start(), place);
                assertEquals(one.get("utf16_end").getAsInt(), answer.end(), place);
            }
        }
    }
}
