package org.djlift.tooling;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;

import com.google.gson.JsonPrimitive;

import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.engine.Window;
import org.djlift.internal.graph.Graphs;
import org.djlift.internal.tokenizer.Native;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Internal: the door of the Python tooling. It drives the public classes and passes their results across in few, flat
 * pieces.
 */
public final class Harness {

    private Harness() {}

    /**
     * Classifies texts.
     *
     * @param strategy a strategy, or null for the classifier's own
     * @param stride overlap in tokens; negative: no windows
     * @return a JSON line for each text
     */
    public static String[] classifyJson(TokenClassifier classifier, String[] texts, String strategy, int stride) {
        AggregationStrategy chosen = strategy(classifier, strategy);
        return lines(classifier.classify(Arrays.asList(texts), chosen, stride), chosen);
    }

    /**
     * Classifies texts, and tells everything about the runs of the model that this took.
     *
     * @param strategy a strategy, or null for the classifier's own
     * @param stride overlap in tokens; negative: no windows
     * @param lines takes a JSON line for each text
     * @return the windows of all texts
     */
    public static Flat classifyTraced(
            TokenClassifier classifier, String[] texts, String strategy, int stride, String[] lines) {
        AggregationStrategy chosen = strategy(classifier, strategy);
        List<List<Entity>> found = new ArrayList<>(texts.length);
        Flat flat = flatten(classifier.trace(Arrays.asList(texts), chosen, stride, found::add));
        System.arraycopy(lines(found, chosen), 0, lines, 0, lines.length);
        return flat;
    }

    /**
     * Decodes logits that another runtime gave for the texts.
     *
     * @param logits all logits by text, window, token and label
     * @return a JSON line for each text
     */
    public static String[] decodeJson(
            TokenClassifier classifier, String[] texts, String strategy, int stride, float[] logits) {
        AggregationStrategy chosen = strategy(classifier, strategy);
        return lines(classifier.decode(Arrays.asList(texts), chosen, stride, logits), chosen);
    }

    /** Traces as a few arrays. */
    public static Flat flatten(List<Trace> traces) {
        return new Flat(traces);
    }

    /** What runs here: java, djl, onnxruntime, tokenizers. */
    public static Map<String, String> versions() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("java", System.getProperty("java.version"));
        versions.put("djl", Engine.getDjlVersion());
        // First DJL's engine: an environment made before it would break it.
        Graphs.engineStarts();
        versions.put("onnxruntime", OrtEnvironment.getEnvironment().getVersion());
        versions.put("tokenizers", Native.tokenizersVersion());
        return versions;
    }

    private static AggregationStrategy strategy(TokenClassifier classifier, String name) {
        return name == null ? classifier.aggregationStrategy() : AggregationStrategy.of(name);
    }

    static String[] lines(List<List<Entity>> all, AggregationStrategy strategy) {
        String[] lines = new String[all.size()];
        for (int i = 0; i < lines.length; i++) {
            StringBuilder line = new StringBuilder("{\"entities\":[");
            String between = "";
            for (Entity entity : all.get(i)) {
                write(entity, strategy, line.append(between));
                between = ",";
            }
            lines[i] = line.append("]}").toString();
        }
        return lines;
    }

    private static void write(Entity entity, AggregationStrategy strategy, StringBuilder line) {
        line.append("{\"label\":").append(quoted(entity.label()));
        // JSON has no NaN.
        line.append(",\"score\":").append(Float.isFinite(entity.score()) ? Float.toString(entity.score()) : "null");
        line.append(",\"word\":").append(quoted(entity.word()));
        line.append(",\"start\":").append(entity.codePointStart());
        line.append(",\"end\":").append(entity.codePointEnd());
        line.append(",\"utf16_start\":").append(entity.start());
        line.append(",\"utf16_end\":").append(entity.end());
        if (strategy == AggregationStrategy.NONE) {
            line.append(",\"index\":").append(entity.index());
        }
        line.append('}');
    }

    private static String quoted(String text) {
        return new JsonPrimitive(text).toString();
    }

    /** The windows of some texts end to end. */
    public static class Flat {

        public final int[] windowsPerText;
        public final int[] tokensPerWindow;
        public final long[] ids;
        public final long[] typeIds;
        public final long[] attentionMask;
        public final long[] specialTokensMask;
        public final int[] starts;
        public final int[] ends;
        public final float[] logits;

        Flat(List<Trace> traces) {
            windowsPerText = traces.stream().mapToInt(t -> t.windows().size()).toArray();
            tokensPerWindow = traces.stream()
                    .flatMap(t -> t.windows().stream())
                    .mapToInt(w -> w.ids().length)
                    .toArray();
            int tokens = Arrays.stream(tokensPerWindow).sum();
            ids = new long[tokens];
            typeIds = new long[tokens];
            attentionMask = new long[tokens];
            specialTokensMask = new long[tokens];
            starts = new int[tokens];
            ends = new int[tokens];
            logits = new float[traces.stream()
                    .flatMap(t -> t.windows().stream())
                    .mapToInt(w -> w.logits().length)
                    .sum()];
            int token = 0;
            int logit = 0;
            for (Trace trace : traces) {
                for (Window window : trace.windows()) {
                    int length = window.ids().length;
                    System.arraycopy(window.ids(), 0, ids, token, length);
                    System.arraycopy(window.typeIds(), 0, typeIds, token, length);
                    System.arraycopy(window.attentionMask(), 0, attentionMask, token, length);
                    System.arraycopy(window.specialTokensMask(), 0, specialTokensMask, token, length);
                    System.arraycopy(window.starts(), 0, starts, token, length);
                    System.arraycopy(window.ends(), 0, ends, token, length);
                    System.arraycopy(window.logits(), 0, logits, logit, window.logits().length);
                    token += length;
                    logit += window.logits().length;
                }
            }
        }
    }
}
