package org.djlift;

import org.djlift.internal.Batch;
import org.djlift.internal.Encoded;
import org.djlift.internal.Graph;
import org.djlift.internal.GraphInputs;
import org.djlift.internal.Logits;
import org.djlift.internal.Pipeline;
import org.djlift.internal.RunPlan;
import org.djlift.internal.Tokenization;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** What a parity check looks at: the steps of a call, each on its own. */
final class Recorder {

    private final Pipeline pipeline;
    private final Graph graph;

    Recorder(Pipeline pipeline, Graph graph) {
        this.pipeline = pipeline;
        this.graph = graph;
    }

    List<Trace> trace(List<String> texts, int stride, int batchSize, int padTo) {
        List<List<Encoded>> windows = pipeline.windows(texts, stride);
        List<Encoded> flat = Pipeline.flat(windows);
        Logits[] logits = pipeline.run(flat, RunPlan.inOrder(Pipeline.lengths(flat), batchSize), padTo);
        List<Trace> traces = new ArrayList<>(texts.size());
        int at = 0;
        for (List<Encoded> own : windows) {
            traces.add(trace(own, Arrays.asList(logits).subList(at, at + own.size())));
            at += own.size();
        }
        return traces;
    }

    /** The pipeline, with a trace of all that it runs. */
    Pipeline watched(Consumer<Trace> traces) {
        return pipeline.watched((windows, logits) -> traces.accept(trace(windows, logits)));
    }

    private Trace trace(List<Encoded> windows, List<Logits> logits) {
        int labels = pipeline.decoder().labels().size();
        List<Window> found = new ArrayList<>(windows.size());
        for (int i = 0; i < windows.size(); i++) {
            Encoded window = windows.get(i);
            Logits of = logits.get(i);
            float[] copy = of == null ? new float[0] : of.copy(window.length());
            found.add(new Window(window, copy, of == null ? labels : of.labels()));
        }
        return new Trace(found);
    }

    EncodedBatch encode(List<String> texts) {
        List<Encoded> rows = Pipeline.flat(pipeline.windows(texts, Tokenization.NO_STRIDE));
        Batch batch = Batch.of(rows, pipeline.padding());
        List<String> names = graph.inputs();
        return new EncodedBatch(
                names.toArray(new String[0]),
                batch.rows(GraphInputs.IDS),
                batch.rows(GraphInputs.MASK),
                names.contains(GraphInputs.TYPES) ? batch.rows(GraphInputs.TYPES) : null);
    }

    List<List<Entity>> decode(List<String> texts, AggregationStrategy strategy, int stride, float[] logits) {
        Pipeline.checkTogether(strategy, stride);
        List<List<Entity>> decoded = new ArrayList<>(texts.size());
        int width = pipeline.decoder().labels().size();
        int at = 0;
        List<List<Encoded>> windowsOf = pipeline.windows(texts, stride);
        long expected = Pipeline.flat(windowsOf).stream().mapToLong(w -> (long) w.length() * width).sum();
        if (expected != logits.length) {
            throw new IllegalArgumentException("expected " + expected + " logits, found " + logits.length);
        }
        for (int i = 0; i < texts.size(); i++) {
            List<Encoded> windows = windowsOf.get(i);
            List<Logits> own = new ArrayList<>(windows.size());
            for (Encoded window : windows) {
                own.add(new Logits(logits, at, width));
                at += window.length() * width;
            }
            decoded.add(pipeline.decoder().decode(texts.get(i), windows, own, strategy));
        }
        return decoded;
    }
}
