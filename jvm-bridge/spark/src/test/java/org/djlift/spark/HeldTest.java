package org.djlift.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.djlift.TextEmbedder;
import org.djlift.TokenClassifier;
import org.djlift.support.Tiny;
import org.djlift.support.TinyEmbedder;
import org.junit.jupiter.api.Test;

import java.util.Iterator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** How much of its partition a task holds. */
class HeldTest extends WithSpark {

    private static final int MEBIBYTE = 1 << 20;
    /** Mebibytes of a section, of which there are two. */
    private static final int SECTION = 16;

    /** The most rows that were taken and not handed out; they come in their order. */
    private static <M> int most(Work<M> work, M model, int rows, Object other) {
        int[] taken = new int[1];
        Stream<Row> source = IntStream.range(0, rows)
                .peek(i -> taken[0]++)
                .mapToObj(i -> RowFactory.create(i, "Ada " + i % 7, other));
        Iterator<Done> found = work.run(model, source.iterator());
        int most = 0;
        for (int i = 0; i < rows; i++) {
            Done done = found.next();
            most = Math.max(most, taken[0] - i);
            assertEquals(i, done.row.getInt(0));
            assertTrue(done.value != null, () -> String.valueOf(done.failure));
        }
        assertEquals(rows, taken[0]);
        return most;
    }

    @Test
    void largeRowsAreFewerAtATime() throws Exception {
        byte[] page = new byte[MEBIBYTE];
        String text = "x".repeat(MEBIBYTE / 2);
        try (TokenClassifier model = TokenClassifier.load(Tiny.ZIP)) {
            @SuppressWarnings("unchecked")
            Work<TokenClassifier> work =
                    (Work<TokenClassifier>) (Work<?>) new TokenClassificationTransformer().work(TEXTS);
            assertEquals(2 * SECTION, most(work, model, 100, page));
            assertEquals(2 * SECTION, most(work, model, 100, text));
            assertEquals(2, most(work, model, 10, RowFactory.create(page, "x".repeat(SECTION * MEBIBYTE))));
            assertEquals(1024, most(work, model, 3000, "a small column"));
        }
        try (TextEmbedder model = TextEmbedder.load(TinyEmbedder.FOLDER)) {
            @SuppressWarnings("unchecked")
            Work<TextEmbedder> work = (Work<TextEmbedder>) (Work<?>) new TextEmbeddingTransformer().work(TEXTS);
            assertEquals(2 * SECTION, most(work, model, 100, page));
        }
    }

    @Test
    void allKindsOfColumnsAreCounted() {
        String[] large = {
            "repeat('x', 50000)",
            "cast(repeat('x', 100000) as binary)",
            "array_repeat('0123456789', 5000)",
            "array_repeat(1.5D, 10000)",
            "array_repeat(array_repeat(1, 100), 100)",
            "map('a', repeat('x', 50000))",
            "named_struct('a', 1, 'b', named_struct('c', repeat('x', 50000)))"
        };
        for (String one : large) {
            Row row = rows("a").selectExpr(one).first();
            long bytes = Held.bytes(row);
            assertTrue(bytes > 100_000 && bytes < 500_000, one + ": " + bytes);
        }
        Row vector = rows("a")
                .select(org.apache.spark.ml.functions.array_to_vector(
                        org.apache.spark.sql.functions.expr("array_repeat(1.5D, 10000)")))
                .first();
        assertTrue(Held.bytes(vector) > 80_000, "a vector: " + Held.bytes(vector));
        Row small = rows("a")
                .selectExpr("id", "null", "1.5D", "true", "current_date()", "current_timestamp()", "interval 1 day")
                .first();
        assertTrue(Held.bytes(small) < 1000, "small ones: " + Held.bytes(small));
    }
}
