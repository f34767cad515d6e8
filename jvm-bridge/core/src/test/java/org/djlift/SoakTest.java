package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/** Eight threads on one classifier: the same results at every call, and no growth. {@code -Psoak=20} for 20 s. */
class SoakTest {

    private static final int THREADS = 8;
    private static final long SECONDS = Long.getLong("soak", 3);
    private static final long LONG = 20;
    private static final long GROWTH_LIMIT = 64 << 20;

    @Test
    void manyThreadsForLongGetTheSameInFlatMemory() throws Exception {
        Path status = Path.of("/proc/self/status");
        assumeTrue(Files.isReadable(status), "only Linux tells the resident memory");
        try (TokenClassifier classifier = TokenClassifier.load(Tiny.FOLDER)) {
            List<String> texts = Tiny.texts();
            List<List<Entity>> expected = classifier.classify(texts);
            // Arenas, pools and compiled code fill up first.
            long warm = run(classifier, texts, expected, Math.max(2, SECONDS / 3));
            long[] before = memory(status);
            long calls = run(classifier, texts, expected, SECONDS);
            long[] after = memory(status);
            System.out.printf(
                    "soak: %d + %d calls of %d texts in %d s; live heap %d -> %d kB, other resident memory %d -> %d kB%n",
                    warm, calls, expected.size(), SECONDS, before[0] >> 10, after[0] >> 10, before[1] >> 10,
                    after[1] >> 10);
            assertTrue(calls > THREADS);
            // Native memory needs longer than a short run to settle; the heap does not.
            int measured = SECONDS < LONG ? 1 : after.length;
            for (int i = 0; i < measured; i++) {
                assertTrue(after[i] - before[i] < GROWTH_LIMIT, before[i] + " -> " + after[i] + " bytes");
            }
        }
    }

    private static long run(
            TokenClassifier classifier, List<String> texts, List<List<Entity>> expected, long seconds) throws Exception {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Long>> all = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                all.add(pool.submit(() -> {
                    long calls = 0;
                    for (; System.nanoTime() < end; calls++) {
                        assertEquals(expected, classifier.classify(texts));
                    }
                    return calls;
                }));
            }
            long calls = 0;
            for (Future<Long> one : all) {
                calls += one.get();
            }
            return calls;
        } finally {
            pool.shutdownNow();
        }
    }

    /**
     * Bytes of live objects, and of the process without the heap: what ONNX Runtime and the tokenizer hold. The heap is
     * taken off as committed, since the collector grows it as it likes.
     */
    private static long[] memory(Path status) throws IOException {
        System.gc();
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        String line = Files.readAllLines(status).stream()
                .filter(l -> l.startsWith("VmRSS:"))
                .collect(Collectors.toList())
                .get(0);
        return new long[] {heap.getUsed(), (Long.parseLong(line.replaceAll("\\D", "")) << 10) - heap.getCommitted()};
    }
}
