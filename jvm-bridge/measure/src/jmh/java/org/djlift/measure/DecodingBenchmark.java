package org.djlift.measure;

import org.djlift.data.AggregationStrategy;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.tasks.EntityDecoder;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.support.NearFree;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Logits of 256 tokens to entities; one token in eight is something else than O. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class DecodingBenchmark {

    /** How words get their label. */
    @Param({"NONE", "SIMPLE", "FIRST", "AVERAGE", "MAX"})
    public AggregationStrategy strategy;

    private final String text = NearFree.text(0, true);
    private EntityDecoder decoder;
    private List<Encoded> windows;
    private List<Logits> logits;

    /** Tokenizes the text and draws its logits. */
    @Setup
    public void draw() throws IOException {
        ModelFolder folder = ModelFolder.read(NearFree.folder(), Map.of());
        try (Tokenization tokenization = folder.tokenization()) {
            decoder = EntityDecoder.of(folder, tokenization);
            windows = tokenization.windows(text, Tokenization.NO_STRIDE);
        }
        int labels = folder.labels().size();
        float[] values = new float[windows.get(0).length() * labels];
        Random random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() + (i % labels == 0 && i / labels % 8 != 0 ? 6 : 0);
        }
        logits = List.of(new Logits(values, 0, values.length / labels, labels));
    }

    /** Decodes them. */
    @Benchmark
    public Object tokens256() {
        return decoder.decode(text, windows, logits, strategy);
    }
}
