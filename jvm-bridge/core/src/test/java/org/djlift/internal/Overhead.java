package org.djlift.internal;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.djlift.NearFree;
import org.djlift.TokenClassifier;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Everything but the model's run: a model that costs next to nothing, texts of 256 tokens, djlift and plain DJL by
 * turns in one JVM, medians of five rounds. Exits 1 where a ratio is missed.
 */
public final class Overhead {

    private static final int ROUNDS = 5;
    private static final int TEXTS = 256;
    private static final int[] BATCHES = {1, 8, 32};
    /** Seconds before the first round: the second compiler takes its time. */
    private static final double WARM_UP = 8;

    private static final double IN_BATCHES = 4;
    private static final double ALONE = 6;

    private final int[] all = IntStream.range(0, TEXTS).toArray();
    private final BenchSide djlift;
    private final BenchSide stock;

    private Overhead(BenchSide djlift, BenchSide stock) {
        this.djlift = djlift;
        this.stock = stock;
    }

    /** Measures, and prints microseconds per text. */
    public static void main(String[] args) throws Exception {
        String[] texts = NearFree.texts(TEXTS, true).toArray(new String[0]);
        Path folder = NearFree.folder();
        try (TokenClassifier classifier =
                        TokenClassifier.builder(folder).intraOpThreads(1).build();
                BenchSide djlift = new BenchDoor(classifier, "simple", texts);
                BenchSide stock = new StockBench(folder, "simple", "cpu", 1, texts)) {
            boolean good = new Overhead(djlift, stock).measure();
            System.exit(good ? 0 : 1);
        }
    }

    private boolean measure() {
        many(djlift, 0);
        many(stock, 1);
        same(djlift.answers(), stock.answers());
        double until = System.nanoTime() + WARM_UP * 1e9;
        while (System.nanoTime() < until) {
            many(djlift, 0);
            alone(djlift);
            for (int batch : BATCHES) {
                many(stock, batch);
            }
            alone(stock);
        }
        double[] ours = new double[ROUNDS];
        double[] oursAlone = new double[ROUNDS];
        double[][] theirs = new double[BATCHES.length][ROUNDS];
        double[] theirsAlone = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            ours[round] = many(djlift, 0);
            for (int i = 0; i < BATCHES.length; i++) {
                theirs[i][round] = many(stock, BATCHES[i]);
            }
            oursAlone[round] = alone(djlift);
            theirsAlone[round] = alone(stock);
        }
        int best = IntStream.range(0, BATCHES.length)
                .reduce((a, b) -> median(theirs[a]) <= median(theirs[b]) ? a : b)
                .orElseThrow();
        return said("in batches", ours, theirs[best], "of " + BATCHES[best], IN_BATCHES)
                & said("at batch 1", oursAlone, theirsAlone, "alone", ALONE);
    }

    /** Fails unless both find the same labels at the same places. */
    static void same(String[] ours, String[] theirs) {
        for (int i = 0; i < ours.length; i++) {
            List<String> expected = places(theirs[i], "");
            List<String> found = places(ours[i], "utf16_");
            if (expected.isEmpty() || !expected.equals(found)) {
                throw new IllegalStateException("text " + i + ": djlift finds " + found + ", plain DJL " + expected);
            }
        }
    }

    private static List<String> places(String line, String unit) {
        List<String> places = new ArrayList<>();
        for (JsonElement one : new Gson().fromJson(line, JsonObject.class).getAsJsonArray("entities")) {
            JsonObject entity = one.getAsJsonObject();
            places.add(entity.get("label") + " " + entity.get(unit + "start") + "-" + entity.get(unit + "end"));
        }
        return places;
    }

    static boolean said(String what, double[] ours, double[] theirs, String how, double wanted) {
        double ratio = median(theirs) / median(ours);
        System.out.printf(
                Locale.ROOT,
                "%s: djlift %.1f us a text (%.1f to %.1f), stock (%s) %.1f us (%.1f to %.1f): 1/%.1f, wanted 1/%.0f%n",
                what,
                median(ours),
                least(ours),
                most(ours),
                how,
                median(theirs),
                least(theirs),
                most(theirs),
                ratio,
                wanted);
        return ratio >= wanted;
    }

    /** Microseconds per text of all together; djlift finds its own batches. */
    private double many(BenchSide side, int batch) {
        return side.run(all, batch) / 1e3 / TEXTS;
    }

    /** Microseconds of a text alone, the median. */
    private double alone(BenchSide side) {
        return median(Arrays.stream(side.alone(all)).mapToDouble(nanos -> nanos / 1e3).toArray());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double least(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    private static double most(double[] values) {
        return Arrays.stream(values).max().orElseThrow();
    }
}
