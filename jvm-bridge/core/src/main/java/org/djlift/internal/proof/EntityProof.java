package org.djlift.internal.proof;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.djlift.archive.Manifest;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.engine.Window;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The self-test of a token classifier. */
public final class EntityProof extends Proof {

    /** What a classifier must do for it; a stride below 0 is none. */
    public interface Runs {

        List<Trace> trace(List<String> texts, int stride, int batchSize, int padTo);

        List<List<Entity>> entities(List<String> texts, AggregationStrategy strategy, int stride);

        List<List<Entity>> decode(List<String> texts, AggregationStrategy strategy, int stride, float[] logits);
    }

    private final Runs classifier;

    public EntityProof(Path directory, Manifest manifest, Runs classifier) throws IOException {
        super(directory, manifest, "entities");
        this.classifier = classifier;
    }

    @Override
    void compareWindows() {
        for (String stride : strides()) {
            List<JsonObject> recorded = with("windows", stride);
            // As the build's proof ran them: what shares a batch is not without influence on int8.
            recorded.sort(Comparator.comparingInt(EntityProof::tokens));
            List<String> texts = texts(recorded);
            List<Trace> traces = classifier.trace(texts, stride(stride), BATCH, 0);
            for (int i = 0; i < recorded.size(); i++) {
                JsonArray expected = recorded.get(i).getAsJsonObject("windows").getAsJsonArray(stride);
                String id = recorded.get(i).get("id").getAsString();
                String where = id + " (" + stride + ")";
                List<Window> found = traces.get(i).windows();
                if (tokens.compare(where + ", windows", expected.size(), found.size())) {
                    for (int w = 0; w < found.size(); w++) {
                        compareTokens(where + ", window " + w, expected.get(w).getAsJsonObject(), found.get(w));
                        compareLogits(id + "/" + stride + "/" + w, found.get(w).logits());
                    }
                }
            }
        }
    }

    private static int tokens(JsonObject recorded) {
        JsonArray plain = recorded.getAsJsonObject("windows").getAsJsonArray("plain");
        return plain.get(0).getAsJsonObject().getAsJsonArray("ids").size();
    }

    @Override
    void compareOutputs() {
        for (String stride : strides()) {
            for (AggregationStrategy strategy : AggregationStrategy.values()) {
                if (strategy == AggregationStrategy.NONE && stride(stride) >= 0) {
                    continue;
                }
                List<JsonObject> recorded = new ArrayList<>(cases);
                recorded.removeIf(c -> expected(c, stride, strategy) == null);
                List<String> texts = texts(recorded);
                List<List<Entity>> own = classifier.entities(texts, strategy, stride(stride));
                for (int i = 0; i < recorded.size(); i++) {
                    String where = recorded.get(i).get("id").getAsString() + " (" + stride + ", " + strategy + ")";
                    JsonArray expected = expected(recorded.get(i), stride, strategy);
                    float[] logits = goldenLogits(recorded.get(i), stride);
                    List<Entity> decoded =
                            classifier.decode(texts.subList(i, i + 1), strategy, stride(stride), logits).get(0);
                    compareEntities(decoding, where, expected, decoded, FP32_SCORE);
                    compareEntities(outputs, where, expected, own.get(i), isExact() ? FP32_SCORE : REDUCED_SCORE);
                }
            }
        }
    }

    private static void compareEntities(
            Comparison level, String where, JsonArray expected, List<Entity> found, double tolerance) {
        boolean equal = expected.size() == found.size();
        for (int i = 0; equal && i < found.size(); i++) {
            JsonObject one = expected.get(i).getAsJsonObject();
            Entity entity = found.get(i);
            JsonElement score = one.get("score");
            double difference = score.isJsonNull()
                    ? (Float.isNaN(entity.score()) ? 0 : 1)
                    : Math.abs(score.getAsDouble() - entity.score());
            equal = one.get("label").getAsString().equals(entity.label())
                    && one.get("word").getAsString().equals(entity.word())
                    && one.get("start").getAsInt() == entity.codePointStart()
                    && one.get("end").getAsInt() == entity.codePointEnd()
                    && (!one.has("index") || one.get("index").getAsInt() == entity.index())
                    && difference <= tolerance;
        }
        level.count(equal, where, expected, found);
    }

    private static JsonArray expected(JsonObject recorded, String stride, AggregationStrategy strategy) {
        JsonObject outputs = recorded.getAsJsonObject("outputs");
        if (!stride.equals("plain")) {
            JsonObject strides = recorded.getAsJsonObject("strides");
            outputs = strides == null ? null : strides.getAsJsonObject(stride);
        }
        return outputs == null ? null : outputs.getAsJsonArray(strategy.toString());
    }

    private Iterable<String> strides() {
        Map<String, Boolean> strides = new TreeMap<>();
        strides.put("plain", true);
        cases.forEach(c -> c.getAsJsonObject("windows").keySet().forEach(stride -> strides.put(stride, true)));
        return strides.keySet();
    }

    private static int stride(String stride) {
        return stride.equals("plain") ? -1 : Integer.parseInt(stride);
    }

    private List<JsonObject> with(String key, String stride) {
        List<JsonObject> recorded = new ArrayList<>(cases);
        recorded.removeIf(c -> !c.getAsJsonObject(key).has(stride));
        return recorded;
    }

    private static List<String> texts(List<JsonObject> recorded) {
        List<String> texts = new ArrayList<>(recorded.size());
        recorded.forEach(c -> texts.add(c.get("text").getAsString()));
        return texts;
    }
}
