package org.djlift.internal.proof;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.data.SelfTest;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.TaskRunner;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.engine.Window;
import org.djlift.internal.proof.GoldenCases.Case;
import org.djlift.internal.proof.GoldenCases.Variant;
import org.djlift.internal.reader.Safetensors;
import org.djlift.internal.tasks.EntityTask;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The self-test of an archive: what a model gives for its golden cases, against what PyTorch gave. */
public final class Proof<I, O> {

    private static final double FP32_SCORE = 1e-4;
    private static final double REDUCED_SCORE = 1e-2;
    private static final int BATCH = 8;
    private static final double NEAR_TIES = 0.01;

    private final TaskRunner<I, O> model;
    private final GoldenCases cases;
    private final Map<String, float[]> golden;
    private final Comparison tokens = new Comparison("tokens");
    private final Comparison logits = new Comparison("logits");
    private final Comparison decoding = new Comparison("decoding");
    private final Comparison outputs;
    private final String precision;
    private final LogitBounds bounds;
    private double largest;
    private double squares;
    private long logitCount;

    private Proof(TaskRunner<I, O> model) throws IOException {
        this.model = model.asPacked();
        Manifest manifest = model.manifest();
        Path directory = model.archive().directory();
        this.outputs = new Comparison(manifest.task().equals(EntityTask.NAME) ? "entities" : "outputs");
        this.precision = manifest.precision();
        this.golden = Safetensors.read(directory.resolve("golden").resolve("logits.safetensors"));
        this.bounds = LogitBounds.of(manifest, golden);
        this.cases = GoldenCases.read(directory, manifest);
    }

    /**
     * Proves the archive of a model.
     *
     * @throws ArchiveException if the golden cases cannot be read, or a golden text cannot be run
     */
    public static <I, O> SelfTest of(TaskRunner<I, O> model) throws IOException {
        try {
            return new Proof<>(model).run();
        } catch (RuntimeException e) {
            throw new ArchiveException(
                    model.archive().given().toString(), "golden texts that run on this JVM", e.toString(), e);
        }
    }

    private SelfTest run() throws IOException {
        cases.call(() -> {
            cases.windows().forEach(this::compareWindows);
            compareAllLogits();
            cases.variants.forEach(this::compareOutputs);
        });
        if (precision.equals("int8")) {
            outputs.onlyReport();
        } else if (!isExact()) {
            outputs.allow(NEAR_TIES);
        }
        return new SelfTest(cases.size(), List.of(tokens.level(), logits.level(), decoding.level(), outputs.level()));
    }

    private boolean isExact() {
        return precision.equals("fp32");
    }

    private void compareWindows(String key, String parameters) {
        List<Case> recorded = cases.withWindows(key);
        List<Trace> traces = model.trace(inputs(recorded), model.parameters(parameters), BATCH, 0);
        for (int i = 0; i < recorded.size(); i++) {
            compareWindows(recorded.get(i), key, traces.get(i).windows());
        }
    }

    private void compareWindows(Case recorded, String key, List<Window> found) {
        String where = recorded.id + " (" + key + ")";
        JsonArray expected = recorded.windows(key);
        if (!tokens.compare(where + ", windows", expected.size(), found.size())) {
            return;
        }
        for (int w = 0; w < found.size(); w++) {
            compareTokens(where + ", window " + w, expected.get(w).getAsJsonObject(), found.get(w));
            compareLogits(recorded.id + "/" + key + "/" + w, found.get(w).logits());
        }
    }

    private void compareOutputs(String name, Variant variant) {
        List<Case> recorded = cases.withOutput(name);
        List<I> inputs = inputs(recorded);
        Parameters parameters = model.parameters(variant.parameters);
        List<String> own = model.lines(model.run(inputs, parameters));
        for (int i = 0; i < recorded.size(); i++) {
            Case one = recorded.get(i);
            String where = one.id + " (" + name + ")";
            JsonElement expected = one.outputs.get(name);
            compare(outputs, where, expected, own.get(i), isExact() ? FP32_SCORE : REDUCED_SCORE);
            float[] recordedLogits = goldenLogits(one, variant.windows);
            if (recordedLogits != null) {
                List<O> decoded = model.decode(inputs.subList(i, i + 1), parameters, recordedLogits);
                compare(decoding, where, expected, model.lines(decoded).get(0), FP32_SCORE);
            } else if (hasAllLogits()) {
                decoding.diverge(where, "recorded logits", "none");
            }
        }
    }

    private List<I> inputs(List<Case> recorded) {
        return model.read(recorded.stream().map(one -> one.input).collect(Collectors.toList()));
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

    /** The recorded logits of a case's windows end to end; null where one is not recorded. */
    private float[] goldenLogits(Case recorded, String key) {
        int windows = recorded.windows(key).size();
        float[] all = new float[0];
        for (int w = 0; w < windows; w++) {
            float[] one = golden.get(recorded.id + "/" + key + "/" + w);
            if (one == null) {
                return null;
            }
            float[] longer = Arrays.copyOf(all, all.length + one.length);
            System.arraycopy(one, 0, longer, all.length, one.length);
            all = longer;
        }
        return all;
    }

    private void compareTokens(String where, JsonObject expected, Window found) {
        tokens.compare(where + ", ids", longs(expected.get("ids")), Arrays.toString(found.ids()));
        tokens.compare(where + ", special", longs(expected.get("special")), Arrays.toString(found.specialTokensMask()));
        if (expected.has("type_ids")) {
            tokens.compare(where + ", types", longs(expected.get("type_ids")), Arrays.toString(found.typeIds()));
        }
        StringBuilder offsets = new StringBuilder();
        for (int i = 0; i < found.starts().length; i++) {
            offsets.append(i == 0 ? "[" : ",[");
            offsets.append(found.starts()[i])
                    .append(',')
                    .append(found.ends()[i])
                    .append(']');
        }
        tokens.compare(where + ", offsets", expected.get("offsets").toString(), "[" + offsets + "]");
    }

    private void compareLogits(String tensor, float[] found) {
        float[] expected = golden.get(tensor);
        if (expected == null && !hasAllLogits()) {
            return;
        }
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

    /** Tasks beside token classification leave some out, which are too large for an archive. */
    private boolean hasAllLogits() {
        return model.manifest().task().equals(EntityTask.NAME);
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
