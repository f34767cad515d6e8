package org.djlift.measure;

import org.djlift.EntityOptions;
import org.djlift.MicroBatcher;
import org.djlift.TokenClassifier;
import org.djlift.data.Entity;
import org.djlift.support.NearFree;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** One text of 20 tokens per call on eight threads, as a server has it: time from call to answer. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Threads(8)
public class LatencyBenchmark {

    /** A model that costs something: {@code -PjmhArgs='Latency -p archive=ner.zip'}. */
    @Param("near-free")
    public String archive;

    private final List<String> texts = NearFree.texts(64, false);
    private TokenClassifier classifier;
    private MicroBatcher<String, List<Entity>, EntityOptions> door;

    /** Loads the classifier. */
    @Setup
    public void load() throws IOException {
        Path path = archive.equals("near-free") ? NearFree.folder() : Path.of(archive);
        classifier = TokenClassifier.load(path);
        door = classifier.latency();
    }

    /** Frees it. */
    @TearDown
    public void close() {
        classifier.close();
    }

    /** Each call has a run of its own. */
    @Benchmark
    public Object classifier() {
        return classifier.classify(any());
    }

    /** Calls share runs. */
    @Benchmark
    public Object microBatcher() {
        return door.run(any());
    }

    private String any() {
        return texts.get(ThreadLocalRandom.current().nextInt(texts.size()));
    }
}
