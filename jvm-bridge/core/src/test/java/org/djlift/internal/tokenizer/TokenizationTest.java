package org.djlift.internal.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.support.Tiny;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A tokenizer for each cut in use, of which a few are kept. */
class TokenizationTest {

    private static final int LIMIT = 32;
    private static final String TEXT = "Ada Lovelace met Charles Babbage in London. ".repeat(6);

    @TempDir
    Path folder;

    @Test
    void aNewStrideNeedsNoFile() throws IOException {
        Path file = Files.copy(Tiny.FOLDER.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        try (Tokenization tokenization = new Tokenization(file, true, LIMIT, true)) {
            Files.delete(file);
            assertTrue(tokenization.windows(TEXT, 7).size() > 2);
        }
    }

    @Test
    void aFewTokenizersAreKept() throws IOException {
        try (Tokenization tokenization = tokenization()) {
            for (int round = 0; round < 3; round++) {
                for (int stride = 0; stride < 25; stride++) {
                    tokenization.windows(TEXT, stride);
                    assertTrue(tokenization.loaded() <= Tokenizers.KEPT, tokenization.loaded() + " are kept");
                }
            }
        }
    }

    @Test
    void aStrideIsCheckedByArithmetic() throws IOException {
        try (Tokenization tokenization = tokenization()) {
            int before = tokenization.loaded();
            tokenization.check(5);
            assertThrows(IllegalArgumentException.class, () -> tokenization.check(LIMIT - 2));
            assertEquals(before, tokenization.loaded());
        }
    }

    /** Each thread has other strides; what is let go of meanwhile is in use by nobody, and at last all are closed. */
    @Test
    void whatIsInUseIsNotClosed() throws Exception {
        int threads = 12;
        List<List<Encoded>> expected = new ArrayList<>();
        try (Tokenization tokenization = tokenization()) {
            for (int stride = 0; stride < 24; stride++) {
                expected.add(tokenization.windows(TEXT, stride));
            }
        }
        Tokenization tokenization = tokenization();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CyclicBarrier half = new CyclicBarrier(threads + 1);
        try {
            List<Future<IllegalStateException>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int thread = i;
                all.add(pool.submit(() -> {
                    for (int call = 0; call < 60; call++) {
                        int stride = (thread * 2 + call) % 24;
                        same(expected.get(stride), tokenization.windows(TEXT, stride));
                    }
                    half.await();
                    return assertThrows(IllegalStateException.class, () -> {
                        for (int call = 0; call < 1_000_000; call++) {
                            tokenization.windows(TEXT, call % 4);
                        }
                    });
                }));
            }
            half.await();
            tokenization.close();
            for (Future<IllegalStateException> one : all) {
                assertEquals("the tokenizer is closed", one.get().getMessage());
            }
            assertEquals(0, tokenization.loaded());
        } finally {
            pool.shutdownNow();
        }
    }

    private static void same(List<Encoded> expected, List<Encoded> found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i).ids(), found.get(i).ids());
            assertArrayEquals(expected.get(i).starts(), found.get(i).starts());
        }
    }

    private static Tokenization tokenization() throws IOException {
        return new Tokenization(Tiny.FOLDER.resolve("tokenizer.json"), true, LIMIT, true);
    }
}
