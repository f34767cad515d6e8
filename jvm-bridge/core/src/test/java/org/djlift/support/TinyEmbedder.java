package org.djlift.support;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tiny archives of text embedding and sparse embedding: generate/tiny_embedders.py. */
public final class TinyEmbedder {

    public static final Path FOLDER = Tiny.FOLDER.resolveSibling("tiny-embedder");
    public static final Path SPARSE = Tiny.FOLDER.resolveSibling("tiny-sparse");

    private TinyEmbedder() {}

    /** The cases that were recorded in a variant. */
    public static List<JsonObject> cases(Path folder, String variant) throws IOException {
        return Files.readAllLines(folder.resolve("golden/cases.jsonl")).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .filter(one -> one.getAsJsonObject("outputs").has(variant))
                .collect(Collectors.toList());
    }

    public static List<String> texts(List<JsonObject> cases) {
        return cases.stream()
                .map(one -> one.getAsJsonObject("input").get("text").getAsString())
                .collect(Collectors.toList());
    }

    public static float[] embedding(JsonObject one, String variant) {
        JsonArray numbers =
                one.getAsJsonObject("outputs").getAsJsonObject(variant).getAsJsonArray("embedding");
        float[] embedding = new float[numbers.size()];
        for (int i = 0; i < embedding.length; i++) {
            embedding[i] = numbers.get(i).getAsFloat();
        }
        return embedding;
    }

    /** A zip in which a file was changed, with a manifest that says so. */
    public static Path changed(Path source, Path target, String name, UnaryOperator<String> change) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(source)) {
            for (Path file : walk.filter(Files::isRegularFile).collect(Collectors.toList())) {
                files.put(source.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
        }
        String text = new String(files.get(name), StandardCharsets.UTF_8);
        String other = change.apply(text);
        if (other.equals(text)) {
            throw new IllegalStateException("nothing was changed in " + name);
        }
        files.put(name, other.getBytes(StandardCharsets.UTF_8));
        return Zips.resealed(target, files, name);
    }
}
