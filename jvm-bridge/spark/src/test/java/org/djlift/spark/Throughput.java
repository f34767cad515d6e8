package org.djlift.spark;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.djlift.TokenClassifier;
import org.djlift.data.Entity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Texts per second inside Spark and outside of it, in turns, on the same threads; not a test. */
final class Throughput {

    private Throughput() {}

    /**
     * Runs.
     *
     * @param args the archive, a file with a text a line, how often the texts are taken, rounds, threads
     */
    public static void main(String[] args) throws Exception {
        List<String> texts = texts(Path.of(args[1]), Integer.parseInt(args[2]));
        int threads = Integer.parseInt(args[4]);
        try (SparkSession spark = SparkSession.builder()
                        .master("local[" + threads + "]")
                        .config("spark.ui.enabled", "false")
                        .config("spark.log.level", "ERROR")
                        .getOrCreate();
                TokenClassifier alone = TokenClassifier.builder(Path.of(args[0]))
                        .intraOpThreads(1)
                        .build()) {
            Dataset<Row> rows = spark.createDataset(texts, Encoders.STRING())
                    .toDF("text")
                    .repartition(threads)
                    .cache();
            rows.count();
            TokenClassificationTransformer stage = new TokenClassificationTransformer().setArchive(args[0]);
            // The same parts in both, and the same order in them.
            List<List<String>> parts = parts(rows, threads);
            List<Double> inside = new ArrayList<>();
            List<Double> outside = new ArrayList<>();
            for (int round = -1; round < Integer.parseInt(args[3]); round++) {
                long start = System.nanoTime();
                long found = alone(alone, parts);
                double outsideRate = rate(texts.size(), start);
                start = System.nanoTime();
                long foundInside = stage.transform(rows)
                        .selectExpr("sum(size(entities))")
                        .first()
                        .getLong(0);
                double insideRate = rate(texts.size(), start);
                if (found != foundInside) {
                    throw new AssertionError(found + " entities outside, " + foundInside + " inside");
                }
                if (round >= 0) {
                    outside.add(outsideRate);
                    inside.add(insideRate);
                }
            }
            double ratio = median(inside) / median(outside);
            System.out.printf(
                    Locale.ROOT,
                    "{\"texts\": %d, \"threads\": %d, \"spark\": %.1f, \"alone\": %.1f, \"ratio\": %.3f,"
                            + " \"spark_rounds\": %s, \"alone_rounds\": %s}%n",
                    texts.size(),
                    threads,
                    median(inside),
                    median(outside),
                    ratio,
                    rounded(inside),
                    rounded(outside));
        }
    }

    private static List<String> texts(Path file, int times) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            texts.addAll(Files.readAllLines(file));
        }
        return texts;
    }

    private static List<List<String>> parts(Dataset<Row> rows, int threads) {
        return IntStream.range(0, threads)
                .mapToObj(i -> rows.filter("spark_partition_id() = " + i).collectAsList().stream()
                        .map(row -> row.getString(0))
                        .collect(Collectors.toList()))
                .collect(Collectors.toList());
    }

    private static long alone(TokenClassifier classifier, List<List<String>> parts) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(parts.size());
        try {
            List<Future<Long>> counts = new ArrayList<>();
            for (List<String> part : parts) {
                counts.add(pool.submit(() -> {
                    long count = 0;
                    for (Iterator<List<Entity>> all = classifier.classify(part.iterator()); all.hasNext(); ) {
                        count += all.next().size();
                    }
                    return count;
                }));
            }
            long sum = 0;
            for (Future<Long> count : counts) {
                sum += count.get();
            }
            return sum;
        } finally {
            pool.shutdown();
        }
    }

    private static double rate(int texts, long start) {
        return texts * 1e9 / (System.nanoTime() - start);
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static String rounded(List<Double> values) {
        return Arrays.toString(values.stream().mapToLong(Math::round).toArray());
    }
}
