package org.djlift.measure;

import org.djlift.EntityOptions;
import org.djlift.MicroBatcher;
import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.support.NearFree;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * A million near-empty texts through each door: none may be reordered, lost or doubled. Each text is a number, whose
 * digits are its tokens, and the answer to it has every token as an entity: so an answer tells which text it is of.
 */
public final class Million {

    private static final int THREADS = 8;
    private static final int EMPTY = 10;

    private Million() {}

    /**
     * Runs them and prints how long each door took; fails at the first text that has not its own answer.
     *
     * @param args how many texts; a million unless given
     */
    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        for (int runs : new int[] {1, 3}) {
            long start = System.nanoTime();
            try (TokenClassifier classifier = load(runs)) {
                check(classifier.classify(texts(count)), count);
            }
            said("stream, " + runs + " run(s) at a time", count, start);
        }
        long start = System.nanoTime();
        try (TokenClassifier classifier = load(1)) {
            oneAtATime(classifier.latency(), count);
        }
        said(THREADS + " threads, one text at a time", count, start);
    }

    private static void said(String door, int count, long start) {
        System.out.printf(
                "%s: %,d texts, each with its own answer, in order, in %.1f s%n",
                door, count, (System.nanoTime() - start) / 1e9);
    }

    /** A near-free model that drops no token. */
    static TokenClassifier load(int runs) throws IOException {
        return TokenClassifier.builder(NearFree.folder())
                .options(EntityOptions.defaults()
                        .aggregationStrategy(AggregationStrategy.NONE)
                        .ignoreLabels(List.of()))
                .concurrentRuns(runs)
                .intraOpThreads(1)
                .build();
    }

    static Iterator<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(Million::text).iterator();
    }

    /** The digits of a number, with blanks between them; now and then no digit at all. */
    static String text(int number) {
        if (number % EMPTY == 0) {
            return " ".repeat(number / EMPTY % 3);
        }
        return String.join(" ", Integer.toString(number).split(""));
    }

    /** Fails unless the answers are those to the texts, in their order, and no more. */
    static void check(Iterator<List<Entity>> answers, int count) {
        for (int number = 0; number < count; number++) {
            if (!answers.hasNext()) {
                throw new IllegalStateException("expected an answer to text " + number + ", found no more");
            }
            check(answers.next(), number);
        }
        if (answers.hasNext()) {
            throw new IllegalStateException("expected " + count + " answers, found one more: " + answers.next());
        }
    }

    private static void check(List<Entity> answer, int number) {
        StringBuilder found = new StringBuilder();
        answer.forEach(entity -> found.append(entity.word()));
        String expected = text(number).replace(" ", "");
        if (!expected.contentEquals(found)) {
            throw new IllegalStateException(
                    "expected the answer to text " + number + ", '" + expected + "', found that to '" + found + "'");
        }
    }

    private static void oneAtATime(MicroBatcher<String, List<Entity>, EntityOptions> door, int count) throws Exception {
        AtomicInteger next = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        List<Future<?>> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(pool.submit(() -> {
                for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                    check(door.run(text(number)), number);
                }
            }));
        }
        pool.shutdown();
        for (Future<?> thread : threads) {
            thread.get();
        }
        pool.awaitTermination(1, TimeUnit.MINUTES);
    }
}
