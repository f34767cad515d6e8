package org.djlift.support;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.data.TextPair;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tiny archive of text classification: generate/tiny_classifier.py. */
public final class TinyClassifier {

    public static final Path FOLDER = Tiny.FOLDER.resolveSibling("tiny-classifier");

    private TinyClassifier() {}

    public static List<JsonObject> cases() throws IOException {
        return Files.readAllLines(FOLDER.resolve("golden/cases.jsonl")).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .collect(Collectors.toList());
    }

    /** The input of a case. */
    public static TextPair input(JsonObject one) {
        JsonObject input = one.getAsJsonObject("input");
        JsonElement pair = input.get("text_pair");
        return TextPair.of(input.get("text").getAsString(), pair == null ? null : pair.getAsString());
    }

    public static List<TextPair> inputs() throws IOException {
        List<TextPair> inputs = new ArrayList<>();
        cases().forEach(one -> inputs.add(input(one)));
        return inputs;
    }

    /** A zip in which a file was changed, with a manifest that says so. */
    public static Path changed(Path target, String name, UnaryOperator<String> change) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(FOLDER)) {
            for (Path file : walk.filter(Files::isRegularFile).collect(Collectors.toList())) {
                files.put(FOLDER.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
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

    /** An archive whose graph fails on a text with an exclamation mark: there is no embedding for its token. */
    public static Path withPoison(Path folder) throws IOException {
        return changed(
                folder.resolve("poison.zip"),
                "tokenizer.json",
                text -> text.replaceFirst("\"!\": *5,", "\"!\": 5000,"));
    }
}
