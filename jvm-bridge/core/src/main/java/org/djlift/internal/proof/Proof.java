package org.djlift.internal.proof;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.data.SelfTest;
import org.djlift.internal.engine.Window;
import org.djlift.internal.reader.Safetensors;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What the self-tests of all tasks have in common: golden cases, tokens and logits. */
abstract class Proof {

    static final double FP32_SCORE = 1e-4;
    static final double REDUCED_SCORE = 1e-2;
    static final int BATCH = 8;
    private static final double NEAR_TIES = 0.01;

    final Map<String, float[]> golden;
    final List<JsonObject> cases = new ArrayList<>();
    final Comparison tokens = new Comparison("tokens");
    final Comparison logits = new Comparison("logits");
    final Comparison decoding = new Comparison("decoding");
    final Comparison outputs;
    private final Path folder;
    private final String precision;
    private final LogitBounds bounds;
    private double largest;
    private double squares;
    private long logitCount;

    /** @param outputs what the level of the model's own outputs is called */
    Proof(Path directory, Manifest manifest, String outputs) throws IOException {
        this.outputs = new Comparison(outputs);
        this.precision = manifest.precision();
        this.folder = directory.resolve("golden");
        this.golden = Safetensors.read(folder.resolve("logits.safetensors"));
        this.bounds = LogitBounds.of(manifest, golden);
        Path file = folder.resolve("cases.jsonl");
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                cases.add(JsonParser.parseString(line).getAsJsonObject());
            }
        } catch (JsonParseException | IllegalStateException e) {
            throw new ArchiveException(
                    file.toString(), "a JSON object on each line", String.valueOf(e.getMessage()), e);
        }
    }

    abstract void compareWindows() throws IOException;

    abstract void compareOutputs() throws IOException;

    public final SelfTest run() throws IOException {
        try {
            compareWindows();
            compareAllLogits();
            compareOutputs();
        } catch (IllegalStateException | ClassCastException | NullPointerException | UnsupportedOperationException e) {
            throw new ArchiveException(
                    folder.toString(), "golden cases as docs/archive.md describes them", e.toString(), e);
        }
        if (precision.equals("int8")) {
            outputs.onlyReport();
        } else if (!isExact()) {
            outputs.allow(NEAR_TIES);
        }
        return new SelfTest(cases.size(), List.of(tokens.level(), logits.level(), decoding.level(), outputs.level()));
    }

    final boolean isExact() {
        return precision.equals("fp32");
    }

    /** The recorded logits of a case's windows end to end; null where one is not recorded. */
    final float[] goldenLogits(JsonObject recorded, String key) {
        String id = recorded.get("id").getAsString();
        int windows = recorded.getAsJsonObject("windows").getAsJsonArray(key).size();
        float[] all = new float[0];
        for (int w = 0; w < windows; w++) {
            float[] one = golden.get(id + "/" + key + "/" + w);
            if (one == null) {
                return null;
            }
            float[] longer = Arrays.copyOf(all, all.length + one.length);
            System.arraycopy(one, 0, longer, all.length, one.length);
            all = longer;
        }
        return all;
    }

    final void compareTokens(String where, JsonObject expected, Window found) {
        tokens.compare(where + ", ids", longs(expected.get("ids")), Arrays.toString(found.ids()));
        tokens.compare(where + ", special", longs(expected.get("special")), Arrays.toString(found.specialTokensMask()));
        if (expected.has("type_ids")) {
            tokens.compare(where + ", types", longs(expected.get("type_ids")), Arrays.toString(found.typeIds()));
        }
        StringBuilder offsets = new StringBuilder();
        for (int i = 0; i < found.starts().length; i++) {
            offsets.append(i == 0 ? "[" : ",[");
            offsets.append(found.starts()[i]).append(',').append(found.ends()[i]).append(']');
        }
        tokens.compare(where + ", offsets", expected.get("offsets").toString(), "[" + offsets + "]");
    }

    final void compareLogits(String tensor, float[] found) {
        float[] expected = golden.get(tensor);
        if (expected == null || expected.length != found.length) {
            String missing = expected == null ? "a tensor" : expected.length + " values";
            logits.diverge(tensor, missing, found.length + " values");
            return;
        }
        logits.counted();
        int worst = -1;
        double most = 0;
        for (int i = 0; i < found.length; i++) {
            double difference = Math.abs((double) found[i] - expected[i]);
            squares += difference * difference;
            // Written so that the first NaN is the worst, and diverges.
            if (!Double.isNaN(most) && !(difference <= most)) {
                most = difference;
                worst = i;
            }
        }
        logitCount += found.length;
        largest = Math.max(largest, most);
        if (!(most <= bounds.largest)) {
            logits.diverge(tensor + ", value " + worst, expected[worst] + " +- " + bounds.largest, found[worst]);
        }
    }

    private void compareAllLogits() {
        double rms = logitCount == 0 ? 0 : Math.sqrt(squares / logitCount);
        logits.measured(bounds.describe(largest, rms));
        if (!logits.hasDiverged() && !(rms <= bounds.rms)) {
            logits.diverge("all logits, root mean square of the differences", "at most " + bounds.rms, rms);
        }
    }

    private static String longs(JsonElement array) {
        long[] values = new long[array.getAsJsonArray().size()];
        Arrays.setAll(values, i -> array.getAsJsonArray().get(i).getAsLong());
        return Arrays.toString(values);
    }
}
