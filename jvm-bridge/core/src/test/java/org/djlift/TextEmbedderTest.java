package org.djlift;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;
import org.djlift.data.SelfTest;
import org.djlift.support.TinyEmbedder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Vectors are those of sentence-transformers. */
class TextEmbedderTest {

    private static final float EXACT = 1e-4f;

    private static TextEmbedder embedder;

    @BeforeAll
    static void load() throws IOException {
        embedder = TextEmbedder.load(TinyEmbedder.FOLDER);
    }

    @AfterAll
    static void close() {
        embedder.close();
    }

    @Test
    void everyVariantIsWhatEncodeGives() throws IOException {
        EmbeddingOptions none = EmbeddingOptions.defaults();
        assertGolden("default", none);
        assertGolden("normalized", none.normalized(true));
        assertGolden("truncated", none.dimension(8));
        assertGolden("truncated-normalized", none.dimension(8).normalized(true));
        assertGolden("prompt", none.prompt("Represent this sentence: "));
        assertGolden("prompt-1-passage", none.promptName("passage"));
        assertGolden("prompt-2-query", none.promptName("query"));
    }

    @Test
    void oneAtATimeIsTheSame() throws IOException {
        List<JsonObject> cases = TinyEmbedder.cases(TinyEmbedder.FOLDER, "default");
        List<String> texts = TinyEmbedder.texts(cases);
        MicroBatcher<String, float[], EmbeddingOptions> door = embedder.latency();
        Iterator<float[]> stream = embedder.embed(texts.iterator());
        for (int i = 0; i < texts.size(); i++) {
            float[] expected = TinyEmbedder.embedding(cases.get(i), "default");
            assertArrayEquals(expected, embedder.embed(texts.get(i)), EXACT);
            assertArrayEquals(expected, door.run(texts.get(i)), EXACT);
            assertArrayEquals(expected, stream.next(), EXACT);
        }
        assertFalse(stream.hasNext());
        float[] query = embedder.embed("Berlin", "query");
        assertArrayEquals(query, embedder.embed(List.of("Berlin"), "query").get(0));
        assertArrayEquals(
                query, embedder.embed("Berlin", EmbeddingOptions.defaults().promptName("query")), 0);
        assertFalse(Arrays.equals(query, embedder.embed("Berlin")));
    }

    @Test
    void equalTextsHaveVectorsOfTheirOwn() {
        List<float[]> found = embedder.embed(List.of("same", "other", "same"));
        assertArrayEquals(found.get(0), found.get(2));
        assertNotSame(found.get(0), found.get(2));
    }

    @Test
    void aStreamGoesOnWhereATextIsNull() {
        Iterator<Outcome<String, float[]>> found =
                embedder.embed(Arrays.asList("a", null, "b").iterator(), text -> text);
        assertEquals(16, found.next().output().orElseThrow().length);
        assertTrue(found.next().output().isEmpty());
        assertArrayEquals(embedder.embed("b"), found.next().output().orElseThrow(), EXACT);
    }

    @Test
    void whatAnArchiveSaysOfItself() throws IOException {
        assertEquals(16, embedder.dimension());
        assertEquals(24, embedder.maxLength());
        assertEquals(Map.of("query", "find this: ", "passage", "text: ", "document", ""), embedder.prompts());
        assertThrows(
                UnsupportedOperationException.class, () -> embedder.prompts().clear());
        try (TextEmbedder small = TextEmbedder.builder(TinyEmbedder.FOLDER)
                .options(EmbeddingOptions.defaults().dimension(6).promptName("query"))
                .build()) {
            assertEquals(6, small.dimension());
            assertArrayEquals(Arrays.copyOf(embedder.embed("x", "query"), 6), small.embed("x"), EXACT);
            assertArrayEquals(
                    Arrays.copyOf(embedder.embed("x"), 6),
                    small.embed("x", EmbeddingOptions.defaults().prompt("")),
                    EXACT);
        }
        try (Archive archive = Archive.open(TinyEmbedder.FOLDER)) {
            SelfTest test = archive.selfTest();
            assertTrue(test.passed(), test.firstDivergence());
        }
    }

    @Test
    void whatCannotBeIsNamed() {
        List<String> one = List.of("{\"text\": \"a\"}");
        assertSays("expected one of [document, passage, query] for 'prompt_name'", () -> embedder.embed("a", "title"));
        assertSays("at least 1 for 'truncate_dim'", () -> ModelJson.json(embedder, one, "{\"truncate_dim\": 0}"));
        assertSays("true or false for 'normalize'", () -> ModelJson.json(embedder, one, "{\"normalize\": 1}"));
        assertSays("a text for 'prompt'", () -> ModelJson.json(embedder, one, "{\"prompt\": 3}"));
        assertSays("found 'pooling'", () -> ModelJson.json(embedder, one, "{\"pooling\": \"cls\"}"));
        assertSays("dimension must be at least 1", () -> EmbeddingOptions.defaults()
                .dimension(0));
        assertThrows(
                NullPointerException.class, () -> EmbeddingOptions.defaults().promptName(null));
        NullPointerException e =
                assertThrows(NullPointerException.class, () -> embedder.embed(Arrays.asList("a", null)));
        assertEquals("the input at index 1 is null", e.getMessage());
    }

    @Test
    void aFormThatLiesIsRefused(@TempDir Path folder) throws IOException {
        Path other = TinyEmbedder.changed(
                TinyEmbedder.FOLDER, folder.resolve("other.zip"), "embedding.json", text -> text.replace(
                                "\"columns\": 32", "\"columns\": 16")
                        .replace("\"inputs\": 64", "\"inputs\": 32"));
        ArchiveException e = assertThrows(ArchiveException.class, () -> TextEmbedder.load(other));
        assertEquals(Refusal.CONFIG, e.refusal());
        Path without = TinyEmbedder.changed(
                TinyEmbedder.FOLDER,
                folder.resolve("without.zip"),
                "serving.properties",
                text -> text.replace("\"prompt_name\": null", "\"prompt_name\": \"evil\""));
        assertSays("'prompt_name'", () -> TextEmbedder.load(without));
    }

    private static void assertGolden(String variant, EmbeddingOptions options) throws IOException {
        List<JsonObject> cases = TinyEmbedder.cases(TinyEmbedder.FOLDER, variant);
        assertFalse(cases.isEmpty());
        List<float[]> found = embedder.embed(TinyEmbedder.texts(cases), options);
        for (int i = 0; i < cases.size(); i++) {
            String where = variant + ", " + cases.get(i).get("id");
            assertArrayEquals(TinyEmbedder.embedding(cases.get(i), variant), found.get(i), EXACT, where);
        }
        assertEquals(
                found.stream().map(v -> v.length).collect(Collectors.toList()),
                cases.stream()
                        .map(one -> TinyEmbedder.embedding(one, variant).length)
                        .collect(Collectors.toList()));
    }

    private static void assertSays(String said, Executable call) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call);
        assertTrue(e.getMessage().contains(said), e.getMessage());
    }
}
