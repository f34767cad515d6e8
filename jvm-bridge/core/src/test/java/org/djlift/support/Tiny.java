package org.djlift.support;

import com.google.gson.Gson;
import com.google.gson.JsonObject;

import org.djlift.EntityOptions;
import org.djlift.data.AggregationStrategy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tiny archive of the tests: real ONNX, real tokenizer, golden outputs of transformers. */
public final class Tiny {

    public static final Path FOLDER = resource("/tiny-archive");
    /** The same as a zip: that of the tiny zoo. */
    public static final Path ZIP =
            resource("/tiny-zoo/model/nlp/token_classification/org/djlift/test/tiny/1.0/tiny-1.0-fp32.zip");

    private Tiny() {}

    public static List<JsonObject> cases() {
        try {
            return Files.readAllLines(FOLDER.resolve("golden/cases.jsonl")).stream()
                    .map(line -> new Gson().fromJson(line, JsonObject.class))
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static List<String> texts() {
        return cases().stream().map(c -> c.get("text").getAsString()).collect(Collectors.toList());
    }

    /** The bytes of every file by its name in an archive, sorted. */
    public static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(FOLDER)) {
            for (Path file : walk.filter(Files::isRegularFile).collect(Collectors.toList())) {
                files.put(FOLDER.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
        }
        return files;
    }

    /** An archive that cannot tokenize characters that its vocabulary lacks. */
    public static Path withoutUnknown(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>(files());
        String tokenizer = new String(files.get("tokenizer.json"), StandardCharsets.UTF_8);
        String without = tokenizer.replaceFirst("\"unk_token\": *\"\\[UNK\\]\"", "\"unk_token\": \"[NOT-THERE]\"");
        files.put("tokenizer.json", without.getBytes(StandardCharsets.UTF_8));
        return Zips.resealed(folder.resolve("no-unk.zip"), files, "tokenizer.json");
    }

    /** An archive whose graph fails on a text with an exclamation mark: there is no embedding for its token. */
    public static Path withPoison(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>(files());
        String tokenizer = new String(files.get("tokenizer.json"), StandardCharsets.UTF_8);
        String poisoned = tokenizer.replaceFirst("\"!\": *5,", "\"!\": 5000,");
        if (poisoned.equals(tokenizer)) {
            throw new IllegalStateException("tokenizer.json has no token of the number 5");
        }
        files.put("tokenizer.json", poisoned.getBytes(StandardCharsets.UTF_8));
        return Zips.resealed(folder.resolve("poison.zip"), files, "tokenizer.json");
    }

    private static Path resource(String name) {
        try {
            return Path.of(Tiny.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Options with a strategy. */
    public static EntityOptions options(AggregationStrategy strategy) {
        return EntityOptions.defaults().aggregationStrategy(strategy);
    }

    /** Options with a strategy and a stride; below 0 for none. */
    public static EntityOptions options(AggregationStrategy strategy, int stride) {
        return stride < 0 ? options(strategy).noStride() : options(strategy).stride(stride);
    }
}
