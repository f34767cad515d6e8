package org.djlift.internal.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.internal.tokenizer.TokenizerFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Tokens and entities are those that transformers gave; generate/pipeline_cases.py wrote down what they are. */
class EntityDecoderTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wordpiece",
                "wordpiece-uncased",
                "byte-level",
                "byte-level-prefix",
                "unigram",
                "bpe-suffix",
                "bpe-prefix",
                "byte-fallback",
                "word-level"
            })
    void entitiesAreThoseOfThePipeline(String kind) throws IOException {
        Path file = resource("/pipeline/" + kind + ".tokenizer.json");
        JsonObject recorded = JsonParser.parseString(Files.readString(resource("/pipeline/" + kind + ".cases.json")))
                .getAsJsonObject();
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        try (Tokenization tokenization =
                new Tokenization(file, true, recorded.get("max_length").getAsInt(), true)) {
            EntityDecoder decoder = new EntityDecoder(
                    TokenizerFile.read(file).normalized(tokenization),
                    strings(recorded, "labels"),
                    List.of("O"),
                    recorded.get("unknown").getAsLong());
            for (JsonElement element : recorded.getAsJsonArray("cases")) {
                JsonObject one = element.getAsJsonObject();
                String text = one.get("text").getAsString();
                int stride =
                        one.get("stride").isJsonNull() ? -1 : one.get("stride").getAsInt();
                List<Encoded> windows = tokenization.windows(text, stride);
                compareTokens(one.getAsJsonArray("windows"), windows, text);
                List<Logits> logits = logits(
                        one, recorded.get("unit").getAsFloat(), decoder.labels().size());
                for (String strategy : one.getAsJsonObject("outputs").keySet()) {
                    List<Entity> found = decoder.ignoring(strings(one, "ignored"))
                            .decode(text, windows, logits, AggregationStrategy.of(strategy));
                    String difference =
                            difference(one.getAsJsonObject("outputs").getAsJsonArray(strategy), found, text);
                    if (!difference.isEmpty()) {
                        wrong.add(strategy + " of '" + text + "', stride " + stride + ": " + difference);
                    }
                    compared += found.size();
                }
            }
        }
        assertEquals(List.of(), wrong.subList(0, Math.min(10, wrong.size())), wrong.size() + " texts");
        assertTrue(compared > 500, compared + " entities");
    }

    /** Python's max() keeps the first of equals, so a word has the label of its first token among equal scores. */
    @Test
    void ofEqualScoresMaxTakesTheFirstToken() throws IOException {
        Path file = resource("/pipeline/wordpiece.tokenizer.json");
        List<String> labels = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC");
        try (Tokenization tokenization = new Tokenization(file, true, 32, true)) {
            EntityDecoder decoder = new EntityDecoder(TokenizerFile.read(file), labels, List.of("O"), -1);
            String word = "Lovelacebabbage";
            List<Encoded> windows = tokenization.windows(word, -1);
            int tokens = windows.get(0).length();
            assertTrue(tokens > 4, "two tokens at least, and the special ones");
            float[] logits = new float[tokens * labels.size()];
            Arrays.fill(logits, -200f);
            for (int i = 0; i < tokens; i++) {
                // Probability 1, exactly: PER for the first token, LOC for all others.
                logits[i * labels.size() + (i < 2 ? 1 : 3)] = 0f;
            }
            List<Entity> found = decoder.decode(
                    word,
                    windows,
                    List.of(new Logits(logits, 0, logits.length / labels.size(), labels.size())),
                    AggregationStrategy.MAX);
            assertEquals(1, found.size());
            assertEquals("PER", found.get(0).label());
        }
    }

    private static void compareTokens(JsonArray expected, List<Encoded> found, String text) {
        assertEquals(expected.size(), found.size(), () -> "windows of '" + text + "'");
        for (int w = 0; w < found.size(); w++) {
            JsonObject window = expected.get(w).getAsJsonObject();
            assertEquals(ints(window, "ids"), Arrays.toString(found.get(w).ids()), text);
            assertEquals(ints(window, "special"), Arrays.toString(found.get(w).specialTokensMask()), text);
            int[] offsets = new int[2 * found.get(w).length()];
            for (int i = 0; i < found.get(w).length(); i++) {
                offsets[2 * i] = found.get(w).starts()[i];
                offsets[2 * i + 1] = found.get(w).ends()[i];
            }
            assertEquals(ints(window, "offsets"), Arrays.toString(offsets), text);
        }
    }

    private static List<Logits> logits(JsonObject one, float unit, int labels) {
        List<Logits> all = new ArrayList<>();
        for (JsonElement window : one.getAsJsonArray("windows")) {
            JsonArray values = window.getAsJsonObject().getAsJsonArray("logits");
            float[] logits = new float[values.size()];
            for (int i = 0; i < logits.length; i++) {
                logits[i] =
                        values.get(i).isJsonNull() ? Float.NaN : values.get(i).getAsInt() / unit;
            }
            all.add(new Logits(logits, 0, logits.length / labels, labels));
        }
        return all;
    }

    private static String difference(JsonArray expected, List<Entity> found, String text) {
        if (expected.size() != found.size()) {
            return expected + " but " + found;
        }
        for (int i = 0; i < found.size(); i++) {
            JsonArray one = expected.get(i).getAsJsonArray();
            Entity entity = found.get(i);
            boolean near = one.get(1).isJsonNull()
                    ? Float.isNaN(entity.score())
                    : Math.abs(one.get(1).getAsFloat() - entity.score()) <= 1e-5f;
            if (!near
                    || !one.get(0).getAsString().equals(entity.label())
                    || !one.get(2).getAsString().equals(entity.word())
                    || one.get(3).getAsInt() != entity.codePointStart()
                    || one.get(4).getAsInt() != entity.codePointEnd()
                    || entity.start() != text.offsetByCodePoints(0, entity.codePointStart())
                    || entity.end() != text.offsetByCodePoints(0, entity.codePointEnd())
                    || (one.size() > 5 ? one.get(5).getAsInt() : -1) != entity.index()) {
                return "expected " + one + ", found " + entity;
            }
        }
        return "";
    }

    private static String ints(JsonObject json, String key) {
        return json.getAsJsonArray(key).toString().replace(",", ", ");
    }

    private static List<String> strings(JsonObject json, String key) {
        List<String> all = new ArrayList<>();
        json.getAsJsonArray(key).forEach(e -> all.add(e.getAsString()));
        return all;
    }

    private static Path resource(String name) {
        try {
            return Path.of(EntityDecoderTest.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
