package org.djlift.measure;

import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.RunPlan;
import org.djlift.internal.graph.Batch;
import org.djlift.internal.graph.Graph;
import org.djlift.internal.graph.Graphs;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.graph.SessionSettings;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Padding;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.support.NearFree;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Tokens to a batch, through a graph that costs next to nothing, and the logits back. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchingBenchmark {

    private final int[] lengths = new Random(1).ints(512, 5, 200).toArray();
    private Graph graph;
    private Padding padding;
    private List<Encoded> one;
    private List<Encoded> shorts;
    private List<Encoded> longs;

    /** Loads the graph. */
    @Setup
    public void load() throws IOException {
        SessionSettings settings = new SessionSettings("cpu", Map.of(), Map.of(SessionSettings.INTRA_OP_THREADS, "1"));
        ModelFolder folder = ModelFolder.read(NearFree.folder(), Map.of());
        graph = Graphs.load(NearFree.folder(), OutputForm.TOKENS, settings);
        padding = folder.tokenizer().padding();
        try (Tokenization tokenization = folder.tokenization()) {
            one = rows(tokenization, 1, false);
            shorts = rows(tokenization, 32, false);
            longs = rows(tokenization, 4, true);
        }
    }

    /** Frees it. */
    @TearDown
    public void close() {
        graph.close();
    }

    private static List<Encoded> rows(Tokenization tokenization, int count, boolean whole) {
        List<Encoded> rows = new ArrayList<>();
        for (String text : NearFree.texts(count, whole)) {
            rows.addAll(tokenization.windows(text, Tokenization.NO_STRIDE));
        }
        return rows;
    }

    /** 512 windows of 5 to 200 tokens cut into runs. */
    @Benchmark
    public Object plan512() {
        return RunPlan.byLength(lengths, 1024);
    }

    /** A run of one window of 20 tokens. */
    @Benchmark
    public Object run1x20() {
        return graph.run(Batch.of(one, padding));
    }

    /** A run of 32 windows of 20 tokens. */
    @Benchmark
    public Object run32x20() {
        return graph.run(Batch.of(shorts, padding));
    }

    /** A run of 4 windows of 256 tokens. */
    @Benchmark
    public Object run4x256() {
        return graph.run(Batch.of(longs, padding));
    }
}
