package org.djlift.internal.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.internal.graph.Logits;
import org.djlift.internal.reader.EmbeddingForm;
import org.djlift.support.Tiny;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Token vectors to embeddings as the modules of sentence-transformers do it: generate/tiny_embedders.py. */
class EmbeddingTest {

    private static final Path CASES = Tiny.FOLDER.resolveSibling("embeddings.json");

    @Test
    void everyPoolingAndActivationIsTheLibrarys(@TempDir Path folder) throws IOException {
        JsonArray cases = JsonParser.parseString(Files.readString(CASES))
                .getAsJsonObject()
                .getAsJsonArray("cases");
        int runs = 0;
        for (JsonElement one : cases) {
            JsonObject recorded = one.getAsJsonObject();
            Embedding embedding = read(folder, recorded);
            for (JsonElement each : recorded.getAsJsonArray("runs")) {
                JsonObject run = each.getAsJsonObject();
                int rows = run.get("rows").getAsInt();
                Logits tokens = new Logits(floats(run.getAsJsonArray("tokens")), 0, rows, 5);
                float[] found = embedding.of(tokens, run.get("prompt").getAsInt());
                assertClose(run.getAsJsonArray("embedding"), found, recorded.get("form") + " " + run);
                runs++;
            }
        }
        assertTrue(runs > 80, "only " + runs);
    }

    @Test
    void aPartOfASharedArrayIsPooledAlone() {
        float[] shared = {9, 9, 1, 2, 3, 4, 9, 9};
        float[] found = new float[2];
        for (String mode : EmbeddingForm.POOLINGS) {
            float[] own = {1, 2, 3, 4};
            float[] expected = new float[2];
            Embedding.pool(mode, new Logits(own, 0, 2, 2), 0, expected, 0);
            Embedding.pool(mode, new Logits(shared, 2, 2, 2), 0, found, 0);
            assertEquals(expected[0], found[0]);
            assertEquals(expected[1], found[1]);
        }
    }

    @Test
    void zerosStayZerosWhenNormalized() {
        float[] zeros = Embedding.normalized(new float[3]);
        assertEquals(0f, zeros[0] + zeros[1] + zeros[2]);
        float[] one = Embedding.normalized(new float[] {3, -4});
        assertEquals(0.6f, one[0], 1e-7f);
        assertEquals(-0.8f, one[1], 1e-7f);
        assertFalse(Float.isNaN(Embedding.normalized(new float[] {1e-30f})[0]));
    }

    private static Embedding read(Path folder, JsonObject recorded) throws IOException {
        Files.writeString(
                folder.resolve(EmbeddingForm.FILE), recorded.get("form").toString());
        Path dense = folder.resolve(EmbeddingForm.DENSE);
        Files.deleteIfExists(dense);
        if (recorded.getAsJsonObject("tensors").size() > 0) {
            Files.write(dense, safetensors(recorded));
        }
        return Embedding.read(folder);
    }

    /** The tensors as the library writes them, with the shapes that the form says. */
    private static byte[] safetensors(JsonObject recorded) {
        JsonObject header = new JsonObject();
        int dense = 0;
        int at = 0;
        JsonObject tensors = recorded.getAsJsonObject("tensors");
        ByteBuffer values = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        for (JsonElement element : recorded.getAsJsonObject("form").getAsJsonArray("modules")) {
            JsonObject module = element.getAsJsonObject();
            if (!module.get("type").getAsString().equals("dense")) {
                continue;
            }
            String end = ++dense == 1 ? "" : "." + dense;
            int outputs = module.get("outputs").getAsInt();
            for (Map.Entry<String, Integer> rows : Map.of("linear.weight" + end, outputs, "linear.bias" + end, 1)
                    .entrySet()) {
                JsonArray tensor = tensors.getAsJsonArray(rows.getKey());
                if (tensor == null) {
                    continue;
                }
                JsonObject entry = new JsonObject();
                entry.addProperty("dtype", "F32");
                entry.add("shape", array(rows.getValue(), tensor.size() / rows.getValue()));
                entry.add("data_offsets", array(at, at + 4 * tensor.size()));
                header.add(rows.getKey(), entry);
                at += 4 * tensor.size();
                for (float value : floats(tensor)) {
                    values.putFloat(value);
                }
            }
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + text.length + at).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(text.length).put(text).put(values.array(), 0, at);
        return file.array();
    }

    private static JsonArray array(int one, int other) {
        JsonArray array = new JsonArray();
        array.add(one);
        array.add(other);
        return array;
    }

    private static float[] floats(JsonArray array) {
        float[] floats = new float[array.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = array.get(i).getAsFloat();
        }
        return floats;
    }

    private static void assertClose(JsonArray expected, float[] found, String where) {
        assertEquals(expected.size(), found.length, where);
        for (int i = 0; i < found.length; i++) {
            if (expected.get(i).isJsonNull()) {
                assertFalse(Float.isFinite(found[i]), where);
            } else {
                assertEquals(expected.get(i).getAsFloat(), found[i], 2e-6f, where);
            }
        }
    }
}
