package org.djlift.internal.proof;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.engine.Window;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The self-test of every other task: JSON in, JSON out, by the variants that the manifest names. */
public final class TaskProof extends Proof {

    private static final String PLAIN = "plain";

    /** Of the parameters of calls: what a variant is run with, and which windows it has. */
    private static final class Variant {

        private final String parameters;
        private final String windows;

        Variant(JsonObject json) {
            this.parameters = json.getAsJsonObject("parameters").toString();
            this.windows = json.get("windows").getAsString();
        }
    }

    /** What a model must do for it; inputs and outputs are JSON objects. */
    public interface Runs {

        List<Trace> trace(List<String> inputs, String parameters, int batchSize, int padTo);

        List<String> outputs(List<String> inputs, String parameters);

        List<String> decode(List<String> inputs, String parameters, float[] logits);
    }

    private final Runs model;
    private final Map<String, Variant> variants = new TreeMap<>();

    public TaskProof(Path directory, Manifest manifest, Runs model) throws IOException {
        super(directory, manifest, "outputs");
        this.model = model;
        Path file = directory.resolve(Manifest.FILE);
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            json.getAsJsonObject("golden")
                    .getAsJsonObject("variants")
                    .entrySet()
                    .forEach(v -> variants.put(v.getKey(), new Variant(v.getValue().getAsJsonObject())));
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NullPointerException
                | UnsupportedOperationException e) {
            throw new ArchiveException(file.toString(), "golden.variants with parameters and windows", e.toString(), e);
        }
    }

    @Override
    void compareWindows() {
        Map<String, Boolean> keys = new TreeMap<>();
        cases.forEach(c -> c.getAsJsonObject("windows").keySet().forEach(key -> keys.put(key, true)));
        for (String key : keys.keySet()) {
            List<JsonObject> recorded = new ArrayList<>(cases);
            recorded.removeIf(c -> !c.getAsJsonObject("windows").has(key));
            // As the build's proof ran them: what shares a batch is not without influence on int8.
            recorded.sort(Comparator.comparingInt(c -> tokens(windows(c, key))));
            String parameters = key.equals(PLAIN) ? null : variants.get(key).parameters;
            List<Trace> traces = model.trace(inputs(recorded), parameters, BATCH, 0);
            for (int i = 0; i < recorded.size(); i++) {
                compare(recorded.get(i), key, traces.get(i).windows());
            }
        }
    }

    private void compare(JsonObject recorded, String key, List<Window> found) {
        String id = recorded.get("id").getAsString();
        JsonArray expected = windows(recorded, key);
        if (!tokens.compare(id + " (" + key + "), windows", expected.size(), found.size())) {
            return;
        }
        for (int w = 0; w < found.size(); w++) {
            compareTokens(id + " (" + key + "), window " + w, expected.get(w).getAsJsonObject(), found.get(w));
            String tensor = id + "/" + key + "/" + w;
            // Some are too large to travel along.
            if (golden.containsKey(tensor)) {
                compareLogits(tensor, found.get(w).logits());
            }
        }
    }

    @Override
    void compareOutputs() {
        for (Map.Entry<String, Variant> variant : variants.entrySet()) {
            List<JsonObject> recorded = new ArrayList<>(cases);
            recorded.removeIf(c -> !c.getAsJsonObject("outputs").has(variant.getKey()));
            List<String> inputs = inputs(recorded);
            String parameters = variant.getValue().parameters;
            List<String> own = model.outputs(inputs, parameters);
            for (int i = 0; i < recorded.size(); i++) {
                JsonObject one = recorded.get(i);
                String where = one.get("id").getAsString() + " (" + variant.getKey() + ")";
                JsonElement expected = one.getAsJsonObject("outputs").get(variant.getKey());
                compare(outputs, where, expected, own.get(i), isExact() ? FP32_SCORE : REDUCED_SCORE);
                float[] logits = goldenLogits(one, variant.getValue().windows);
                if (logits != null) {
                    String decoded = model.decode(inputs.subList(i, i + 1), parameters, logits).get(0);
                    compare(decoding, where, expected, decoded, FP32_SCORE);
                }
            }
        }
    }

    private static void compare(Comparison level, String where, JsonElement expected, String found, double tolerance) {
        level.count(equal(expected, JsonParser.parseString(found), tolerance), where, expected, found);
    }

    /** Whether all that is expected is there: whole numbers and texts equal, others within a tolerance. */
    private static boolean equal(JsonElement expected, JsonElement found, double tolerance) {
        if (found == null || expected.isJsonNull() || found.isJsonNull()) {
            return found != null && expected.equals(found);
        }
        if (expected.isJsonObject() && found.isJsonObject()) {
            return expected.getAsJsonObject().entrySet().stream()
                    .allMatch(e -> equal(e.getValue(), found.getAsJsonObject().get(e.getKey()), tolerance));
        }
        if (expected.isJsonArray() && found.isJsonArray()) {
            JsonArray all = expected.getAsJsonArray();
            JsonArray others = found.getAsJsonArray();
            boolean equal = all.size() == others.size();
            for (int i = 0; equal && i < all.size(); i++) {
                equal = equal(all.get(i), others.get(i), tolerance);
            }
            return equal;
        }
        if (isNumber(expected) && isNumber(found)) {
            String text = expected.getAsString();
            if (text.matches("-?[0-9]+") && found.getAsString().matches("-?[0-9]+")) {
                return expected.getAsBigInteger().equals(found.getAsBigInteger());
            }
            double value = expected.getAsDouble();
            // Written so that NaN is no equal.
            return Math.abs(value - found.getAsDouble()) <= tolerance * Math.max(1, Math.abs(value));
        }
        return expected.equals(found);
    }

    private static boolean isNumber(JsonElement element) {
        return element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber();
    }

    private static int tokens(JsonArray windows) {
        return windows.size() == 0 ? 0 : windows.get(0).getAsJsonObject().getAsJsonArray("ids").size();
    }

    private static JsonArray windows(JsonObject recorded, String key) {
        return recorded.getAsJsonObject("windows").getAsJsonArray(key);
    }

    private static List<String> inputs(List<JsonObject> recorded) {
        List<String> inputs = new ArrayList<>(recorded.size());
        recorded.forEach(c -> inputs.add(c.getAsJsonObject("input").toString()));
        return inputs;
    }
}
