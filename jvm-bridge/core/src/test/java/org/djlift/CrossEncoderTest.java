package org.djlift;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.djlift.data.RankedText;
import org.djlift.data.RankingInput;
import org.djlift.data.RankingOutput;
import org.djlift.data.ScoreFunction;
import org.djlift.data.SelfTest;
import org.djlift.data.TextPair;
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

/** Scores and rankings are those of sentence-transformers' CrossEncoder. */
class CrossEncoderTest {

    private static final float EXACT = 1e-4f;

    private static CrossEncoder encoder;
    private static List<JsonObject> cases;
    private static List<RankingInput> inputs;

    @BeforeAll
    static void load() throws IOException {
        encoder = CrossEncoder.load(TinyPairs.RANKING);
        cases = TinyPairs.cases(TinyPairs.RANKING);
        inputs = cases.stream()
                .map(TinyPairs::input)
                .map(CrossEncoderTest::input)
                .collect(Collectors.toList());
    }

    @AfterAll
    static void close() {
        encoder.close();
    }

    @Test
    void everyVariantIsTheCrossEncoders() {
        RankingOptions options = RankingOptions.defaults();
        assertGolden("default", encoder.run(inputs, options));
        assertGolden("sigmoid", encoder.run(inputs, options.function(ScoreFunction.SIGMOID)));
        assertGolden("none", encoder.run(inputs, options.function(ScoreFunction.NONE)));
        assertGolden("prompt", encoder.run(inputs, options.prompt("query: ")));
        assertGolden("top-2", encoder.run(inputs, options.topK(2)));
        assertGolden(
                "default", encoder.run(inputs, options.topK(2).allDocuments().softmax(true)));
    }

    @Test
    void oneAtATimeIsTheSame() {
        MicroBatcher<RankingInput, RankingOutput, RankingOptions> door = encoder.latency();
        assertGolden("default", inputs.stream().map(door::run).collect(Collectors.toList()));
        List<RankingOutput> streamed = new ArrayList<>();
        encoder.run(inputs.iterator()).forEachRemaining(streamed::add);
        assertGolden("default", streamed);
    }

    @Test
    void pairsHaveOneScoreInEveryDoor() {
        TextPair pair = TextPair.of("Who wrote it?", "Ada Lovelace.");
        float score = encoder.score(pair.text(), "Ada Lovelace.");
        assertArrayEquals(new float[] {score, score}, encoder.score(List.of(pair, pair)));
        assertEquals(score, encoder.scores(List.of(pair), RankingOptions.defaults())[0][0]);
        assertFalse(score == encoder.score("Ada Lovelace.", "Who wrote it?"));
        assertEquals(1, encoder.labels());
    }

    @Test
    void equalDocumentsHaveOneScoreAndKeepTheirOrder() {
        List<String> documents = List.of("London", "Paris", "London", "", "Paris");
        List<RankedText> ranking = encoder.rank("Where?", documents);
        assertEquals(5, ranking.size());
        for (int i = 1; i < ranking.size(); i++) {
            RankedText before = ranking.get(i - 1);
            assertTrue(before.score() > ranking.get(i).score()
                    || before.index() < ranking.get(i).index());
        }
        assertEquals(ranking.subList(0, 2), encoder.rank("Where?", documents, 2));
        assertEquals(List.of(), encoder.rank("Where?", List.of()));
    }

    @Test
    void aStreamGoesOnAfterNothing() {
        List<String> queries = Arrays.asList("one", null, "two");
        Function<String, RankingInput> pair = query -> query == null ? null : RankingInput.pair(query, "text");
        Iterator<Outcome<String, RankingOutput>> found = encoder.run(queries.iterator(), pair);
        assertEquals(
                encoder.score("one", "text"),
                found.next().output().orElseThrow().scores()[0],
                EXACT);
        assertTrue(found.next().output().isEmpty());
        assertEquals(
                encoder.score("two", "text"),
                found.next().output().orElseThrow().scores()[0],
                EXACT);
        assertFalse(found.hasNext());
    }

    @Test
    void whatCannotBeScoredIsSaid() {
        assertThrows(NullPointerException.class, () -> encoder.score(Collections.singletonList(null)));
        assertThrows(IllegalArgumentException.class, () -> encoder.score(List.of(TextPair.of("alone"))));
        RankingOptions options = RankingOptions.defaults();
        assertThrows(IllegalArgumentException.class, () -> options.topK(0));
        assertThrows(IllegalArgumentException.class, () -> options.function(ScoreFunction.SOFTMAX));
        for (String wrong : List.of(
                "{\"top_k\": 0}",
                "{\"function_to_apply\": \"softmax\"}",
                "{\"apply_softmax\": 1}",
                "{\"prompt\": 1}",
                "{\"batch_size\": 1}")) {
            assertThrows(IllegalArgumentException.class, () -> ModelJson.json(encoder, List.of(), wrong), wrong);
        }
        for (String wrong : List.of(
                "{\"query\": \"q\"}",
                "{\"query\": \"q\", \"text\": \"t\", \"documents\": []}",
                "{\"text\": \"t\"}",
                "{\"query\": \"q\", \"documents\": [1]}",
                "{\"query\": \"q\", \"text\": \"t\", \"more\": 1}")) {
            assertThrows(IllegalArgumentException.class, () -> ModelJson.json(encoder, List.of(wrong), null), wrong);
        }
    }

    @Test
    void theArchiveProvesItself() throws IOException {
        SelfTest test = encoder.selfTest();
        assertTrue(test.passed(), test.toString());
    }

    private static RankingInput input(JsonObject json) {
        String query = json.get("query").getAsString();
        return json.has("text")
                ? RankingInput.pair(query, json.get("text").getAsString())
                : RankingInput.documents(query, TinyPairs.strings(json.get("documents")));
    }

    private static void assertGolden(String variant, List<RankingOutput> found) {
        assertEquals(cases.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            JsonObject expected = TinyPairs.output(cases.get(i), variant);
            RankingOutput output = found.get(i);
            if (!output.isRanking()) {
                assertArrayEquals(new float[] {expected.get("score").getAsFloat()}, output.scores(), EXACT);
                continue;
            }
            assertEquals(
                    expected.getAsJsonArray("ranking").size(), output.ranking().size());
            int rank = 0;
            for (JsonElement one : expected.getAsJsonArray("ranking")) {
                RankedText theirs = output.ranking().get(rank++);
                assertEquals(one.getAsJsonObject().get("index").getAsInt(), theirs.index(), variant + " " + i);
                assertEquals(one.getAsJsonObject().get("score").getAsFloat(), theirs.score(), EXACT);
            }
        }
    }
}
