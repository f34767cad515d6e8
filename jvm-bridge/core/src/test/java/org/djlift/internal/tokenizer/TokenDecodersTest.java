package org.djlift.internal.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonParser;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Decoders give what those of the tokenizers library gave; generate/decoder_cases.py wrote down what that is. */
class TokenDecodersTest {

    @Test
    void everyDecoderGivesWhatTheLibraryGave() throws IOException {
        List<String> wrong = new ArrayList<>();
        JsonArray groups;
        try (Reader reader = new InputStreamReader(
                TokenDecodersTest.class.getResourceAsStream("/decoders.json"), StandardCharsets.UTF_8)) {
            groups = JsonParser.parseReader(reader).getAsJsonArray();
        }
        int compared = 0;
        for (JsonElement group : groups) {
            JsonElement block = group.getAsJsonObject().get("decoder");
            TokenDecoder decoder = TokenDecoders.of(block);
            for (JsonElement one : group.getAsJsonObject().getAsJsonArray("cases")) {
                List<String> tokens = new ArrayList<>();
                one.getAsJsonArray().get(0).getAsJsonArray().forEach(t -> tokens.add(t.getAsString()));
                String expected = one.getAsJsonArray().get(1).getAsString();
                String found = decoder.decode(tokens);
                if (!found.equals(expected)) {
                    wrong.add(block + " of " + tokens + ": expected '" + expected + "', found '" + found + "'");
                }
                compared++;
            }
        }
        assertTrue(compared > 3000);
        assertEquals(List.of(), wrong.subList(0, Math.min(20, wrong.size())), wrong.size() + " of " + compared);
    }

    @Test
    void withoutADecoderTokensAreJoinedBySpaces() {
        assertEquals("a ##b c", TokenDecoders.of(null).decode(List.of("a", "##b", "c")));
        assertEquals("", TokenDecoders.of(JsonNull.INSTANCE).decode(List.of()));
    }

    /** As {@code Sequence([CTC(), BPEDecoder()]).decode(["a</w>", "<pad>", "b</w>", "<pad>"])} of the library. */
    @Test
    void piecesThatCtcEmptiesAreNoLastTokens() {
        TokenDecoder decoder = TokenDecoders.of(JsonParser.parseString(
                "{\"type\": \"Sequence\", \"decoders\": [{\"type\": \"CTC\"}, {\"type\": \"BPEDecoder\"}]}"));
        assertEquals("a b", decoder.decode(List.of("a</w>", "<pad>", "b</w>", "<pad>")));
    }
}
