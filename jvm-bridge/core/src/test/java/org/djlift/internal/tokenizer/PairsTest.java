package org.djlift.internal.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.support.Tiny;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Windows of pairs are those of the tokenizers library in Python: generate/tiny_classifier.py. */
class PairsTest {

    private static final int LIMIT = 32;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"right", "left"})
    void pairsAreCutAsInPython(String direction) throws IOException {
        JsonObject recorded;
        try (var reader = Files.newBufferedReader(Tiny.FOLDER.resolveSibling("pairs.json"))) {
            recorded = JsonParser.parseReader(reader).getAsJsonObject();
        }
        assertEquals(LIMIT, recorded.get("max_length").getAsInt());
        int windows = 0;
        try (Tokenization tokenization = tokenization(direction)) {
            for (JsonElement element : recorded.getAsJsonArray("cases")) {
                JsonObject one = element.getAsJsonObject();
                if (!one.get("direction").getAsString().equals(direction)) {
                    continue;
                }
                String text = one.get("text").getAsString();
                String pair = one.get("text_pair").getAsString();
                Cut cut = cut(one);
                if (one.has("refused")) {
                    RuntimeException e =
                            assertThrows(RuntimeException.class, () -> tokenization.windows(text, pair, cut));
                    assertTrue(e.getMessage().contains(one.get("refused").getAsString()), e.getMessage());
                    continue;
                }
                List<Encoded> found = tokenization.windows(text, pair, cut);
                windows += found.size();
                compare(one.getAsJsonArray("windows"), found, text + " | " + pair + ", " + cut);
            }
        }
        assertTrue(windows > 80, "only " + windows);
    }

    @Test
    void aStrideThatLeavesNoRoomIsRefusedAndTheProcessLives() throws IOException {
        String question = "a ".repeat(27);
        try (Tokenization tokenization = tokenization("right")) {
            assertEquals(27, tokenization.count(question));
            Cut cut = Cut.windows(Cut.Side.ONLY_SECOND, LIMIT, 2);
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> tokenization.windows(question, "a b a b", cut));
            assertTrue(e.getMessage().contains("less than the 2 tokens"), e.getMessage());
            assertEquals(1, tokenization.windows(question, "a a", cut).size());
            assertEquals(
                    3, tokenization.windows("a ".repeat(26), "a a a a a", cut).size());
            assertThrows(
                    IllegalArgumentException.class,
                    () -> tokenization.windows(question, "a a a a", Cut.windows(Cut.Side.LONGEST_FIRST, LIMIT, 2)));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> tokenization.windows("a", "a", Cut.at(Cut.Side.LONGEST_FIRST, 3)));
        }
    }

    @Test
    void aSingleTextKnowsWhichTokensAreItsOwn() throws IOException {
        try (Tokenization tokenization = tokenization("right")) {
            Encoded window =
                    tokenization.windows("a a", null, tokenization.limit()).get(0);
            assertEquals("[-1, 0, 0, -1]", Arrays.toString(window.sequenceIds()));
            assertEquals(2, tokenization.specialTokens(false));
            assertEquals(3, tokenization.specialTokens(true));
        }
    }

    private Tokenization tokenization(String direction) throws IOException {
        String json = Files.readString(Tiny.FOLDER.resolve("tokenizer.json"));
        String side = direction.equals("left") ? "Left" : "Right";
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, json.replaceFirst("\"direction\":\"Right\"", "\"direction\":\"" + side + "\""));
        return new Tokenization(file, true, LIMIT, true);
    }

    private static Cut cut(JsonObject one) {
        Cut.Side side = Cut.Side.valueOf(one.get("side").getAsString().toUpperCase(Locale.ROOT));
        return one.get("stride").isJsonNull()
                ? Cut.at(side, LIMIT)
                : Cut.windows(side, LIMIT, one.get("stride").getAsInt());
    }

    private static void compare(JsonArray expected, List<Encoded> found, String where) {
        assertEquals(expected.size(), found.size(), where);
        for (int w = 0; w < found.size(); w++) {
            JsonObject one = expected.get(w).getAsJsonObject();
            Encoded window = found.get(w);
            assertEquals(text(one, "ids"), Arrays.toString(window.ids()), where);
            assertEquals(text(one, "type_ids"), Arrays.toString(window.typeIds()), where);
            assertEquals(text(one, "special"), Arrays.toString(window.specialTokensMask()), where);
            assertEquals(text(one, "sequences"), Arrays.toString(window.sequenceIds()), where);
            int[][] offsets = new int[window.length()][];
            Arrays.setAll(offsets, i -> new int[] {window.starts()[i], window.ends()[i]});
            assertEquals(text(one, "offsets"), Arrays.deepToString(offsets), where);
        }
    }

    private static String text(JsonObject one, String key) {
        return one.get(key).toString().replace(",", ", ");
    }
}
