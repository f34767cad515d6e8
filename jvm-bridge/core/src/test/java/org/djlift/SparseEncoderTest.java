package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.djlift.data.SelfTest;
import org.djlift.data.TokenWeight;
import org.djlift.support.TinyEmbedder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Weights are those of sentence-transformers. */
class SparseEncoderTest {

    private static final float EXACT = 1e-4f;

    private static SparseEncoder encoder;

    @BeforeAll
    static void load() throws IOException {
        encoder = SparseEncoder.load(TinyEmbedder.SPARSE);
    }

    @AfterAll
    static void close() {
        encoder.close();
    }

    @Test
    void everyVariantIsWhatEncodeGives() throws IOException {
        assertGolden("default", SparseOptions.defaults());
        assertGolden("top", SparseOptions.defaults().topK(16));
        assertGolden("prompt", SparseOptions.defaults().prompt("Represent this sentence: "));
        assertGolden("default", SparseOptions.defaults().topK(3).allTokens());
    }

    @Test
    void everyDoorGivesTheSame() {
        List<TokenWeight> expected = encoder.encode("Anna met Tom");
        assertEquals(expected, encoder.encode(List.of("Anna met Tom")).get(0));
        assertEquals(expected, encoder.latency().run("Anna met Tom"));
        Iterator<List<TokenWeight>> stream =
                encoder.encode(List.of("Anna met Tom").iterator());
        assertEquals(expected, stream.next());
        assertEquals(
                expected.subList(0, 2),
                encoder.encode("Anna met Tom", SparseOptions.defaults().topK(2)));
        assertFalse(stream.hasNext());
        Iterator<Outcome<String, List<TokenWeight>>> outcomes =
                encoder.encode(List.of("Anna met Tom").iterator(), text -> text);
        assertEquals(Optional.of(expected), outcomes.next().output());
    }

    @Test
    void theArchiveProvesItself() throws IOException {
        try (Archive archive = Archive.open(TinyEmbedder.SPARSE)) {
            SelfTest test = archive.selfTest();
            assertTrue(test.passed(), test.firstDivergence());
        }
    }

    @Test
    void whatCannotBeIsNamed() {
        List<String> one = List.of("{\"text\": \"a\"}");
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> ModelJson.json(encoder, one, "{\"top_k\": 0}"));
        assertTrue(e.getMessage().contains("'top_k'"), e.getMessage());
        assertThrows(
                IllegalArgumentException.class, () -> SparseOptions.defaults().topK(0));
        assertThrows(NullPointerException.class, () -> SparseOptions.defaults().prompt(null));
        assertThrows(NullPointerException.class, () -> new TokenWeight(null, 1, 1));
    }

    private static void assertGolden(String variant, SparseOptions options) throws IOException {
        List<JsonObject> cases = TinyEmbedder.cases(TinyEmbedder.SPARSE, variant);
        List<List<TokenWeight>> found = encoder.encode(TinyEmbedder.texts(cases), options);
        for (int i = 0; i < cases.size(); i++) {
            JsonArray expected = cases.get(i)
                    .getAsJsonObject("outputs")
                    .getAsJsonObject(variant)
                    .getAsJsonArray("tokens");
            assertEquals(expected.size(), found.get(i).size(), variant);
            for (int j = 0; j < expected.size(); j++) {
                JsonObject one = expected.get(j).getAsJsonObject();
                TokenWeight token = found.get(i).get(j);
                assertEquals(one.get("weight").getAsFloat(), token.weight(), EXACT);
                assertEquals(one.get("id").getAsInt(), token.id());
                assertEquals(one.get("token").getAsString(), token.token());
            }
        }
    }
}
