package org.djlift.measure;

import org.djlift.TokenClassifier;
import org.djlift.support.NearFree;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Texts in, entities out, where the model costs next to nothing: the time per text of all else. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ClassifierBenchmark {

    private static final int TEXTS = 64;

    private final List<String> shortTexts = NearFree.texts(TEXTS, false);
    private final List<String> longTexts = NearFree.texts(TEXTS, true);
    private TokenClassifier classifier;

    /** Loads the classifier. */
    @Setup
    public void load() throws IOException {
        classifier =
                TokenClassifier.builder(NearFree.folder()).intraOpThreads(1).build();
    }

    /** Frees it. */
    @TearDown
    public void close() {
        classifier.close();
    }

    /** One text of 20 tokens. */
    @Benchmark
    public Object oneShort() {
        return classifier.classify(shortTexts.get(0));
    }

    /** One text of 256 tokens. */
    @Benchmark
    public Object oneLong() {
        return classifier.classify(longTexts.get(0));
    }

    /** Texts of 20 tokens, 64 of them. */
    @Benchmark
    @OperationsPerInvocation(TEXTS)
    public Object manyShort() {
        return classifier.classify(shortTexts);
    }

    /** Texts of 256 tokens, 64 of them. */
    @Benchmark
    @OperationsPerInvocation(TEXTS)
    public Object manyLong() {
        return classifier.classify(longTexts);
    }
}
