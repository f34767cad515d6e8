package org.djlift.internal.engine;

import org.djlift.internal.graph.Batch;
import org.djlift.internal.graph.Graph;
import org.djlift.internal.graph.GraphInputs;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.tokenizer.Encoded;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** What a parity check looks at: the steps of a call, each on its own. */
public final class Recorder {

    private final Pipeline pipeline;
    private final Graph graph;

    public Recorder(Pipeline pipeline, Graph graph) {
        this.pipeline = pipeline;
        this.graph = graph;
    }

    public <I> List<Trace> trace(List<I> inputs, Codec<I, ?> codec, int batchSize, int padTo) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batchSize must be at least 1, but is " + batchSize);
        }
        List<List<Encoded>> windows = Pipeline.windows(inputs, codec);
        List<Encoded> flat = Pipeline.flat(windows);
        Logits[] logits = pipeline.run(flat, RunPlan.inOrder(Pipeline.lengths(flat), batchSize), padTo);
        List<Trace> traces = new ArrayList<>(inputs.size());
        int at = 0;
        for (List<Encoded> own : windows) {
            traces.add(trace(codec, own, Arrays.asList(logits).subList(at, at + own.size())));
            at += own.size();
        }
        return traces;
    }

    /** The pipeline, with a trace of all that it runs. */
    public Pipeline watched(Codec<?, ?> codec, Consumer<Trace> traces) {
        return pipeline.watched((windows, logits) -> traces.accept(trace(codec, windows, logits)));
    }

    private static Trace trace(Codec<?, ?> codec, List<Encoded> windows, List<Logits> logits) {
        int columns = Math.max(0, codec.columns());
        List<Window> found = new ArrayList<>(windows.size());
        for (int i = 0; i < windows.size(); i++) {
            Encoded window = windows.get(i);
            Logits of = logits.get(i);
            found.add(
                    of == null
                            ? new Window(window, new float[0], 0, columns)
                            : new Window(window, of.copy(), of.rows(), of.columns()));
        }
        return new Trace(found);
    }

    public <I> EncodedBatch encode(List<I> inputs, Codec<I, ?> codec) {
        List<Encoded> rows = Pipeline.flat(Pipeline.windows(inputs, codec));
        Batch batch = Batch.of(rows, pipeline.padding());
        List<String> names = graph.inputs();
        return new EncodedBatch(
                names.toArray(new String[0]),
                batch.rows(GraphInputs.IDS),
                batch.rows(GraphInputs.MASK),
                names.contains(GraphInputs.TYPES) ? batch.rows(GraphInputs.TYPES) : null);
    }

    public <I, O> List<O> decode(List<I> inputs, Codec<I, O> codec, float[] logits) {
        List<List<Encoded>> windowsOf = Pipeline.windows(inputs, codec);
        long rows =
                Pipeline.flat(windowsOf).stream().mapToLong(codec.form()::rows).sum();
        int width = codec.columns() < 0 && rows > 0 ? (int) (logits.length / rows) : Math.max(0, codec.columns());
        if (rows * width != logits.length) {
            throw new IllegalArgumentException("expected " + rows * width + " logits, found " + logits.length);
        }
        List<O> decoded = new ArrayList<>(inputs.size());
        int at = 0;
        for (int i = 0; i < inputs.size(); i++) {
            List<Encoded> windows = windowsOf.get(i);
            List<Logits> own = new ArrayList<>(windows.size());
            for (Encoded window : windows) {
                int height = codec.form().rows(window);
                own.add(window.length() == 0 ? null : new Logits(logits, at, height, width));
                at += height * width;
            }
            decoded.add(codec.decode(inputs.get(i), windows, own));
        }
        return decoded;
    }
}
