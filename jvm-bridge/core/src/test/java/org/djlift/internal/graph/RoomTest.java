package org.djlift.internal.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Padding;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.support.Tiny;
import org.junit.jupiter.api.Test;

import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Memory is used again, by one run at a time, and nothing of an earlier run is seen in a later one. */
class RoomTest {

    @Test
    void aBufferIsDirectAndJustAsLongAsAsked() {
        Room room = new Room();
        for (int longs : new int[] {0, 1, 2, 3, 1000, 1 << 17, 7, (1 << 17) + 1, 5}) {
            LongBuffer buffer = room.buffer(1, longs);
            assertTrue(buffer.isDirect());
            assertEquals(0, buffer.position());
            assertEquals(longs, buffer.remaining());
        }
    }

    @Test
    void memoryIsUsedAgainUnlessThereIsALotOfIt() {
        Room room = new Room();
        LongBuffer first = room.buffer(0, 1000);
        assertSame(first, room.buffer(0, 3));
        assertSame(first, room.buffer(0, 1024));
        assertNotSame(first, room.buffer(1, 3));
        assertNotSame(first, room.buffer(0, 1025));
        assertNotSame(room.buffer(0, 1 << 18), room.buffer(0, 1 << 18));
    }

    @Test
    void aRoomIsLentOnceAtATimeAndABoundedNumberIsKept() {
        Room.Pool pool = new Room.Pool();
        List<Room> lent = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Room room = pool.take();
            assertFalse(lent.contains(room));
            lent.add(room);
        }
        lent.forEach(pool::give);
        long again = 0;
        for (int i = 0; i < 100; i++) {
            again += lent.contains(pool.take()) ? 1 : 0;
        }
        assertEquals(64, again);
    }

    /** On eight threads, each run wider or narrower than the one before: its logits are those of its rows alone. */
    @Test
    void runsThatFollowOneAnotherShareNothing() throws Exception {
        SessionSettings settings = new SessionSettings("cpu", Map.of(), Map.of(SessionSettings.INTRA_OP_THREADS, "1"));
        ModelFolder folder = ModelFolder.read(Tiny.FOLDER, Map.of());
        try (Tokenization tokenization = folder.tokenization()) {
            List<Encoded> rows = new ArrayList<>();
            Tiny.texts().forEach(text -> rows.addAll(tokenization.windows(text, Tokenization.NO_STRIDE)));
            rows.removeIf(row -> row.length() == 0);
            for (Graph graph : List.of(
                    Graphs.load(Tiny.FOLDER, OutputForm.TOKENS, settings),
                    new OrtGraph(Tiny.FOLDER, OutputForm.TOKENS, settings))) {
                List<List<Encoded>> batches = new ArrayList<>();
                for (int i = 0; i + 3 < rows.size(); i++) {
                    batches.add(rows.subList(i, i + 1 + i % 3));
                }
                // One graph of its own for the truth: nothing was in its memory before.
                List<String> expected = new ArrayList<>();
                for (List<Encoded> batch : batches) {
                    try (Graph fresh = new OrtGraph(Tiny.FOLDER, OutputForm.TOKENS, settings)) {
                        expected.add(logits(fresh, batch, folder.tokenizer().padding()));
                    }
                }
                ExecutorService pool = Executors.newFixedThreadPool(8);
                try {
                    List<Future<String>> found = new ArrayList<>();
                    for (int round = 0; round < 20; round++) {
                        for (List<Encoded> batch : batches) {
                            found.add(pool.submit(() ->
                                    logits(graph, batch, folder.tokenizer().padding())));
                        }
                    }
                    for (int i = 0; i < found.size(); i++) {
                        assertEquals(
                                expected.get(i % batches.size()), found.get(i).get());
                    }
                } finally {
                    pool.shutdownNow();
                    graph.close();
                }
            }
        }
    }

    private static String logits(Graph graph, List<Encoded> rows, Padding padding) {
        List<Logits> found = graph.run(Batch.of(rows, padding));
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            all.append(Arrays.toString(found.get(i).copy()));
        }
        return all.toString();
    }
}
