package org.djlift.internal.reader;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Reads the float32 tensors of a safetensors file: a length, a JSON header, little-endian values. */
public final class Safetensors {

    private Safetensors() {}

    /** The values of each tensor by its name, row-major. */
    public static Map<String, float[]> read(Path file) throws IOException {
        ByteBuffer data = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        try {
            int header = Math.toIntExact(data.getLong());
            byte[] text = new byte[Math.min(header, data.remaining())];
            data.get(text);
            JsonObject json = JsonParser.parseString(new String(text, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            ByteBuffer values = data.slice().order(ByteOrder.LITTLE_ENDIAN);
            Map<String, float[]> tensors = new HashMap<>();
            for (Map.Entry<String, JsonElement> entry : json.entrySet()) {
                if (!entry.getKey().equals("__metadata__")) {
                    tensors.put(entry.getKey(), tensor(entry.getValue().getAsJsonObject(), values));
                }
            }
            return tensors;
        } catch (RuntimeException e) {
            throw new IOException(file + ": expected float32 tensors in a safetensors file, found " + e, e);
        }
    }

    private static float[] tensor(JsonObject entry, ByteBuffer values) {
        String type = entry.get("dtype").getAsString();
        if (!type.equals("F32")) {
            throw new IllegalStateException("a tensor of type " + type);
        }
        JsonArray offsets = entry.getAsJsonArray("data_offsets");
        int from = offsets.get(0).getAsInt();
        int to = offsets.get(1).getAsInt();
        float[] tensor = new float[(to - from) / Float.BYTES];
        // A slice forgets the order of its buffer.
        ByteBuffer own = values.duplicate().position(from).limit(to).slice().order(ByteOrder.LITTLE_ENDIAN);
        own.asFloatBuffer().get(tensor);
        return tensor;
    }
}
