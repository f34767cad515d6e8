package org.djlift.support;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Tiny archives of the tasks over pairs, whose golden outputs are transformers' and sentence-transformers'. */
public final class TinyPairs {

    public static final Path ZERO_SHOT = resource("/tiny-zero-shot");
    public static final Path RANKING = resource("/tiny-ranking");
    public static final Path QUESTIONS = resource("/tiny-questions");
    public static final Path MASKS = resource("/tiny-masks");

    private TinyPairs() {}

    /** Recorded inputs with their outputs by variant. */
    public static List<JsonObject> cases(Path folder) {
        try {
            return Files.readAllLines(folder.resolve("golden/cases.jsonl")).stream()
                    .map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An input of a case. */
    public static JsonObject input(JsonObject recorded) {
        return recorded.getAsJsonObject("input");
    }

    /** An output of a case. */
    public static JsonObject output(JsonObject recorded, String variant) {
        return recorded.getAsJsonObject("outputs").getAsJsonObject(variant);
    }

    /** The targets of a variant of fill-mask, as the manifest has them. */
    public static List<String> targets(Path folder, String variant) {
        try {
            JsonObject manifest = JsonParser.parseString(Files.readString(folder.resolve("djlift.json")))
                    .getAsJsonObject();
            JsonObject variants = manifest.getAsJsonObject("golden").getAsJsonObject("variants");
            return strings(variants.getAsJsonObject(variant)
                    .getAsJsonObject("parameters")
                    .get("targets"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static List<String> strings(JsonElement array) {
        List<String> strings = new ArrayList<>();
        array.getAsJsonArray().forEach(one -> strings.add(one.getAsString()));
        return strings;
    }

    public static float[] floats(JsonElement array) {
        float[] floats = new float[array.getAsJsonArray().size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = array.getAsJsonArray().get(i).getAsFloat();
        }
        return floats;
    }

    private static Path resource(String name) {
        try {
            return Path.of(TinyPairs.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
