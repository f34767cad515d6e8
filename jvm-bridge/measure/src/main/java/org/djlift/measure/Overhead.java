package org.djlift.measure;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.djlift.TokenClassifier;
import org.djlift.support.NearFree;
import org.djlift.tooling.BenchSide;
import org.djlift.tooling.DjliftBench;
import org.djlift.tooling.StockBench;

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

    /** Texts alone that a side has before the other has its turn. */
    private static final int TURN = 8;

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
                BenchSide djlift = DjliftBench.ofTexts(classifier, texts, "{\"aggregation_strategy\": \"simple\"}");
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
            for (int batch : BATCHES) {
                many(stock, batch);
            }
            alone();
        }
        double[] ours = new double[ROUNDS];
        double[][] alone = new double[2][ROUNDS];
        double[][] theirs = new double[BATCHES.length][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            ours[round] = many(djlift, 0);
            for (int i = 0; i < BATCHES.length; i++) {
                theirs[i][round] = many(stock, BATCHES[i]);
            }
            double[] both = alone();
            alone[0][round] = both[0];
            alone[1][round] = both[1];
        }
        int best = IntStream.range(0, BATCHES.length)
                .reduce((a, b) -> median(theirs[a]) <= median(theirs[b]) ? a : b)
                .orElseThrow();
        return said("in batches", ours, theirs[best], "of " + BATCHES[best], IN_BATCHES)
                & said("at batch 1", alone[0], alone[1], "alone", ALONE);
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

    /** Prints both sides of some rounds, and whether the median of the rounds' ratios is what is wanted. */
    static boolean said(String what, double[] ours, double[] theirs, String how, double wanted) {
        double ratio = median(IntStream.range(0, ours.length)
                .mapToDouble(i -> theirs[i] / ours[i])
                .toArray());
        System.out.printf(
                Locale.ROOT,
                "%s: djlift %s us a text, stock (%s) %s us: 1/%.1f, wanted 1/%.0f%n",
                what,
                shown(ours),
                how,
                shown(theirs),
                ratio,
                wanted);
        return ratio >= wanted;
    }

    private static String shown(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return String.format(Locale.ROOT, "%.0f (%.0f to %.0f)", median(values), sorted[0], sorted[sorted.length - 1]);
    }

    /** Microseconds per text of all together; djlift finds its own batches. */
    private double many(BenchSide side, int batch) {
        return side.run(all, batch) / 1e3 / TEXTS;
    }

    /** Microseconds of a text alone on each side, the medians; a few texts on the one, then on the other. */
    private double[] alone() {
        double[][] times = new double[2][TEXTS];
        for (int first = 0; first < TEXTS; first += TURN) {
            int[] some = Arrays.copyOfRange(all, first, first + TURN);
            for (int side = 0; side < 2; side++) {
                long[] nanos = (side == 0 ? djlift : stock).alone(some);
                for (int i = 0; i < TURN; i++) {
                    times[side][first + i] = nanos[i] / 1e3;
                }
            }
        }
        return new double[] {median(times[0]), median(times[1])};
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
