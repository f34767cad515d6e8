package org.djlift.measure;

import org.djlift.internal.engine.ModelFolder;
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
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A text handed over to the tokenizer in Rust, and its tokens handed back. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TokenizerBenchmark {

    private final String shortText = NearFree.text(0, false);
    private final String longText = NearFree.text(0, true);
    private Tokenization tokenization;

    /** Loads the tokenizer. */
    @Setup
    public void load() throws IOException {
        tokenization = ModelFolder.read(NearFree.folder(), Map.of()).tokenization();
    }

    /** Frees it. */
    @TearDown
    public void close() {
        tokenization.close();
    }

    /** 20 tokens. */
    @Benchmark
    public Object tokens20() {
        return tokenization.windows(shortText, Tokenization.NO_STRIDE);
    }

    /** 256 tokens, where the text is cut. */
    @Benchmark
    public Object tokens256() {
        return tokenization.windows(longText, Tokenization.NO_STRIDE);
    }

    /** All of the same text, in two windows. */
    @Benchmark
    public Object windows() {
        return tokenization.windows(longText, 16);
    }
}
