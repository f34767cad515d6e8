package org.djlift.internal.proof;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.internal.tasks.EntityTask;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The golden cases of an archive: inputs, and what PyTorch gave for them. docs/archive.md describes the form.
 *
 * <p>A case of token classification has a form of its own: a text, its entities by strategy, and by stride and
 * strategy. It is read as the other form, with a variant for each.
 */
final class GoldenCases {

    static final String PLAIN = "plain";

    /** An input with all that was recorded of it. */
    static final class Case {

        final String id;
        final String input;
        private final JsonObject windows;
        /** By the names of variants. */
        final Map<String, JsonElement> outputs;

        Case(JsonObject json, String input, Map<String, JsonElement> outputs) {
            this.id = json.get("id").getAsString();
            this.input = input;
            this.windows = json.getAsJsonObject("windows");
            this.outputs = outputs;
        }

        /** The windows of a key; null where none are recorded. */
        JsonArray windows(String key) {
            return windows.getAsJsonArray(key);
        }

        /** The tokens of the first window of a key. */
        int tokens(String key) {
            JsonArray own = windows(key);
            return own.size() == 0
                    ? 0
                    : own.get(0).getAsJsonObject().getAsJsonArray("ids").size();
        }
    }

    /** What a call was run with, and which windows it has. */
    static final class Variant {

        final String parameters;
        final String windows;

        Variant(JsonObject parameters, String windows) {
            this.parameters = parameters.toString();
            this.windows = windows;
        }
    }

    /** By name. */
    final Map<String, Variant> variants = new TreeMap<>();

    private final List<Case> cases = new ArrayList<>();
    private final Path folder;
    private final boolean entities;

    private GoldenCases(Path folder, boolean entities) {
        this.folder = folder;
        this.entities = entities;
    }

    static GoldenCases read(Path directory, Manifest manifest) throws IOException {
        GoldenCases golden =
                new GoldenCases(directory.resolve("golden"), manifest.task().equals(EntityTask.NAME));
        List<JsonObject> lines = golden.lines();
        if (golden.entities) {
            golden.call(() -> lines.forEach(golden::addEntities));
        } else {
            golden.readVariants(directory.resolve(Manifest.FILE));
            golden.call(() -> lines.forEach(golden::add));
        }
        return golden;
    }

    /** Does what fails where the cases are not in their form. */
    void call(Runnable work) throws ArchiveException {
        try {
            work.run();
        } catch (IllegalStateException | ClassCastException | NullPointerException | UnsupportedOperationException e) {
            throw new ArchiveException(
                    folder.toString(), "golden cases as docs/archive.md describes them", e.toString(), e);
        }
    }

    int size() {
        return cases.size();
    }

    /** The cases that have windows of a key, shortest first: so the build's proof batches them. */
    List<Case> withWindows(String key) {
        List<Case> some = new ArrayList<>(cases);
        some.removeIf(one -> one.windows(key) == null);
        // Which inputs share a batch has some influence on int8.
        some.sort(Comparator.comparingInt(one -> one.tokens(key)));
        return some;
    }

    /** The cases that have an output of a variant. */
    List<Case> withOutput(String variant) {
        List<Case> some = new ArrayList<>(cases);
        some.removeIf(one -> !one.outputs.containsKey(variant));
        return some;
    }

    /** The keys of windows, each with the parameters that give them; null for none. */
    Map<String, String> windows() {
        Map<String, String> keys = new TreeMap<>();
        cases.forEach(one -> one.windows.keySet().forEach(key -> keys.put(key, parameters(key))));
        return keys;
    }

    private String parameters(String key) {
        if (entities) {
            return entityParameters("simple", key).toString();
        }
        return key.equals(PLAIN) ? null : variants.get(key).parameters;
    }

    private List<JsonObject> lines() throws IOException {
        Path file = folder.resolve("cases.jsonl");
        List<JsonObject> lines = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                lines.add(JsonParser.parseString(line).getAsJsonObject());
            }
        } catch (JsonParseException | IllegalStateException e) {
            throw new ArchiveException(
                    file.toString(), "a JSON object on each line", String.valueOf(e.getMessage()), e);
        }
        return lines;
    }

    private void readVariants(Path file) throws IOException {
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            for (Map.Entry<String, JsonElement> one :
                    json.getAsJsonObject("golden").getAsJsonObject("variants").entrySet()) {
                JsonObject variant = one.getValue().getAsJsonObject();
                variants.put(
                        one.getKey(),
                        new Variant(
                                variant.getAsJsonObject("parameters"),
                                variant.get("windows").getAsString()));
            }
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NullPointerException
                | UnsupportedOperationException e) {
            throw new ArchiveException(file.toString(), "golden.variants with parameters and windows", e.toString(), e);
        }
    }

    private void add(JsonObject json) {
        Map<String, JsonElement> outputs = new TreeMap<>();
        json.getAsJsonObject("outputs").entrySet().forEach(one -> outputs.put(one.getKey(), one.getValue()));
        cases.add(new Case(json, json.getAsJsonObject("input").toString(), outputs));
    }

    private void addEntities(JsonObject json) {
        JsonObject input = new JsonObject();
        input.add("text", json.get("text"));
        Map<String, JsonElement> outputs = new TreeMap<>();
        addEntities(PLAIN, json.getAsJsonObject("outputs"), outputs);
        JsonObject strides = json.getAsJsonObject("strides");
        if (strides != null) {
            strides.entrySet()
                    .forEach(one -> addEntities(one.getKey(), one.getValue().getAsJsonObject(), outputs));
        }
        cases.add(new Case(json, input.toString(), outputs));
    }

    private void addEntities(String stride, JsonObject byStrategy, Map<String, JsonElement> outputs) {
        for (Map.Entry<String, JsonElement> one : byStrategy.entrySet()) {
            if (one.getKey().equals("none") && !stride.equals(PLAIN)) {
                continue;
            }
            String variant = stride + ", " + one.getKey();
            variants.putIfAbsent(variant, new Variant(entityParameters(one.getKey(), stride), stride));
            JsonObject output = new JsonObject();
            output.add("entities", one.getValue().getAsJsonArray());
            outputs.put(variant, output);
        }
    }

    /** Both are named: a model may have been loaded with others. */
    private static JsonObject entityParameters(String strategy, String stride) {
        JsonObject parameters = new JsonObject();
        parameters.addProperty(EntityTask.STRATEGY, strategy);
        parameters.addProperty(EntityTask.STRIDE, stride.equals(PLAIN) ? null : Integer.valueOf(stride));
        return parameters;
    }
}
