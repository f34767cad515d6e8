package org.djlift.measure;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;

import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.support.Memory;
import org.djlift.support.Tiny;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Eight threads at work for a while: every call must give the same, and memory must not grow. Run in a JVM of its own
 * with {@link #OPTIONS}; exits 1 if memory grows.
 */
public final class Soak {

    /**
     * All of the heap is resident from the start, so that what is beside it can be told; the second compiler, whose
     * own memory comes and goes by the ten MB, stays out of it.
     */
    static final List<String> OPTIONS = List.of("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1");

    private static final int THREADS = 8;
    private static final int SAMPLES = 15;
    /** However long they take: less of it would not show what one of them leaks. */
    private static final int LEAST_CALLS = 150;
    /** Until then the code is compiled and the pools fill: some MB, which no leak follows. */
    private static final int WARM_CALLS = 400;

    private static final Queue<Object> KEPT = new ConcurrentLinkedQueue<>();

    private final List<String> texts = Tiny.texts();
    private final AtomicLong calls = new AtomicLong();
    private final Growth growth;

    private Soak(String kind) {
        // Sessions that come and go, eight at a time, leave gaps that differ by some MB from moment to moment.
        growth = new Growth(kind.equals("reload") ? 8 << 20 : 4 << 20);
    }

    /**
     * Soaks, and prints the verdict.
     *
     * @param args what is called: {@code djl}, {@code direct} (ONNX Runtime without DJL's engine), {@code reload} (a
     *     classifier for each call), or {@code djl} with a planted leak; then seconds
     */
    public static void main(String[] args) throws Exception {
        long seconds = Long.parseLong(args[1]);
        if (args[0].equals("direct")) {
            // DJL's engine does not start then.
            OrtEnvironment.getEnvironment("somebody-else");
        }
        Soak soak = new Soak(args[0]);
        try (TokenClassifier classifier =
                TokenClassifier.builder(Tiny.FOLDER).intraOpThreads(1).build()) {
            soak.run(soak.call(args[0], classifier), seconds);
        }
        System.out.printf(
                "soak %s: %d calls of %d texts in %d s, %s%n",
                args[0], soak.calls.get(), 2 * soak.texts.size(), seconds, soak.growth);
        System.exit(soak.growth.isFlat() ? 0 : 1);
    }

    private void run(Call call, long seconds) throws Exception {
        ReadWriteLock lock = new ReentrantReadWriteLock(true);
        Lock calling = lock.readLock();
        // Whoever has it is alone: what is held then belongs to no call.
        Lock resting = lock.writeLock();
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        List<Future<?>> threads = new ArrayList<>();
        try {
            for (int i = 0; i < THREADS; i++) {
                threads.add(pool.submit(() -> {
                    while (!Thread.interrupted()) {
                        calling.lock();
                        try {
                            call.once();
                            calls.incrementAndGet();
                        } finally {
                            calling.unlock();
                        }
                    }
                    return null;
                }));
            }
            await(threads, System.nanoTime(), WARM_CALLS);
            long start = System.nanoTime();
            for (int i = 1; i <= SAMPLES; i++) {
                long at = start + TimeUnit.SECONDS.toNanos(seconds) * i / SAMPLES;
                await(threads, at, WARM_CALLS + LEAST_CALLS * i / SAMPLES);
                resting.lock();
                try {
                    growth.add(Memory.now());
                } finally {
                    resting.unlock();
                }
            }
        } finally {
            pool.shutdownNow();
            pool.awaitTermination(1, TimeUnit.MINUTES);
        }
    }

    /** Waits for a moment and for a number of calls; fails when a thread does. */
    private void await(List<Future<?>> threads, long until, int count) throws Exception {
        while (System.nanoTime() - until < 0 || calls.get() < count) {
            Thread.sleep(2);
            for (Future<?> thread : threads) {
                if (thread.isDone()) {
                    thread.get();
                }
            }
        }
    }

    private Call call(String kind, TokenClassifier classifier) throws IOException, OrtException {
        List<List<Entity>> cut = classifier.classify(texts, Tiny.options(AggregationStrategy.SIMPLE));
        List<List<Entity>> whole = classifier.classify(texts, Tiny.options(AggregationStrategy.MAX, 8));
        Call both = () -> {
            same(cut, classifier.classify(texts, Tiny.options(AggregationStrategy.SIMPLE)));
            same(whole, classifier.classify(texts, Tiny.options(AggregationStrategy.MAX, 8)));
        };
        switch (kind) {
            case "djl":
            case "direct":
                return both;
            case "reload":
                return () -> {
                    try (TokenClassifier again = TokenClassifier.load(Tiny.ZIP)) {
                        same(cut, again.classify(texts, Tiny.options(AggregationStrategy.SIMPLE)));
                        same(whole, again.classify(texts, Tiny.options(AggregationStrategy.MAX, 8)));
                    }
                };
            case "leaked-output":
                OrtSession session = OrtEnvironment.getEnvironment()
                        .createSession(Tiny.FOLDER.resolve("model.onnx").toString());
                return () -> {
                    both.once();
                    try (OnnxTensor input =
                            OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new long[64][32])) {
                        // Several: what one leaves has room in what the threads' first calls once took.
                        for (int run = 0; run < 4; run++) {
                            session.run(Map.of("input_ids", input, "attention_mask", input, "token_type_ids", input));
                        }
                    }
                };
            case "leaked-encoding":
                long tokenizer = TokenizersLibrary.LIB.createTokenizerFromString(
                        Files.readString(Tiny.FOLDER.resolve("tokenizer.json")));
                return () -> {
                    both.once();
                    for (int classified = 0; classified < 2; classified++) {
                        texts.forEach(text -> TokenizersLibrary.LIB.encode(tokenizer, text, true));
                    }
                };
            case "leaked-object":
                return () -> {
                    both.once();
                    KEPT.add(new long[8 * 256]);
                };
            default:
                throw new IllegalArgumentException(kind);
        }
    }

    private static void same(List<List<Entity>> expected, List<List<Entity>> found) {
        if (!expected.equals(found)) {
            throw new IllegalStateException("expected " + expected + ", found " + found);
        }
    }

    /** One call, which may leak. */
    private interface Call {
        void once() throws IOException, OrtException;
    }
}
