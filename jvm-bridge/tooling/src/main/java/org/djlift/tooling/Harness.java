package org.djlift.tooling;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;

import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.EncodedBatch;
import org.djlift.internal.engine.TaskRunner;
import org.djlift.internal.engine.Trace;
import org.djlift.internal.engine.Window;
import org.djlift.internal.graph.Graphs;
import org.djlift.internal.tasks.EntityTask;
import org.djlift.internal.tokenizer.Native;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What Python runs of a token classifier, and what it asks of this JVM. Results cross over in few, flat pieces.
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
        TaskRunner<String, List<Entity>> runner = Insides.runner(classifier);
        return TaskHarness.lines(runner, runner.run(Arrays.asList(texts), parameters(strategy, stride)));
    }

    /**
     * Classifies texts, and records everything about the runs of the model that this took.
     *
     * @param strategy a strategy, or null for the classifier's own
     * @param stride overlap in tokens; negative: no windows
     * @param lines takes a JSON line for each text
     * @return the windows of all texts
     */
    public static Flat classifyTraced(
            TokenClassifier classifier, String[] texts, String strategy, int stride, String[] lines) {
        TaskRunner<String, List<Entity>> runner = Insides.runner(classifier);
        List<Trace> traces = new ArrayList<>(texts.length);
        List<List<Entity>> found = runner.traced(Arrays.asList(texts), parameters(strategy, stride), traces::add);
        System.arraycopy(TaskHarness.lines(runner, found), 0, lines, 0, lines.length);
        return new Flat(traces);
    }

    /**
     * Decodes logits that another runtime gave for the texts.
     *
     * @param logits all logits by text, window, token and label
     * @return a JSON line for each text
     */
    public static String[] decodeJson(
            TokenClassifier classifier, String[] texts, String strategy, int stride, float[] logits) {
        TaskRunner<String, List<Entity>> runner = Insides.runner(classifier);
        return TaskHarness.lines(runner, runner.decode(Arrays.asList(texts), parameters(strategy, stride), logits));
    }

    /** What went into the model and what came out, in the order given. */
    public static Flat trace(TokenClassifier classifier, String[] texts, int stride, int batch, int padTo) {
        Parameters parameters = parameters(AggregationStrategy.SIMPLE.toString(), stride);
        return new Flat(Insides.runner(classifier).trace(Arrays.asList(texts), parameters, batch, padTo));
    }

    /** The padded tensors of texts, one window each. */
    public static EncodedBatch encode(TokenClassifier classifier, String[] texts) {
        return Insides.runner(classifier).encode(Arrays.asList(texts), parameters(null, -1));
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

    private static Parameters parameters(String strategy, int stride) {
        Parameters parameters =
                Parameters.none().with(EntityTask.STRIDE, stride < 0 ? null : BigInteger.valueOf(stride));
        return strategy == null ? parameters : parameters.with(EntityTask.STRATEGY, strategy);
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
            logits = new float
                    [traces.stream()
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
