package org.djlift.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What {@link MixedLoad} has seen: the times of requests by their kind, and resident memory over time. */
final class LoadReport {

    /** Of resident memory, from the end of the warm-up on. */
    private static final double FLAT = 0.02;
    /** Times p50 that p99 may take. */
    private static final double EVEN = 3;
    /** Parts of the time whose medians are compared; the first of them is still warm-up. */
    private static final int PARTS = 10;

    private final double capacity;
    private final double load;
    private final Times times = new Times();
    private final List<double[]> resident = new ArrayList<>();

    /** @param capacity requests per second at most; {@code load} is the share of them that is sent */
    LoadReport(double capacity, double load) {
        this.capacity = capacity;
        this.load = load;
    }

    /** Adds what a thread has seen. */
    void add(Times other) {
        times.add(other);
    }

    /** Notes resident memory, in bytes, after so many seconds. */
    void resident(double seconds, long bytes) {
        resident.add(new double[] {seconds, bytes});
    }

    /** Resident memory over time: a line of seconds and bytes for each look. */
    String memory() {
        StringBuilder lines = new StringBuilder();
        resident.forEach(at -> lines.append(String.format(Locale.ROOT, "%.1f %.0f%n", at[0], at[1])));
        return lines.toString();
    }

    /** How far the parts' medians lie apart, of the smallest; NaN where there are too few looks. */
    double width() {
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (int part = 1; part < PARTS; part++) {
            int from = resident.size() * part / PARTS;
            int to = resident.size() * (part + 1) / PARTS;
            double[] some = resident.subList(from, to).stream()
                    .mapToDouble(at -> at[1])
                    .sorted()
                    .toArray();
            if (some.length == 0) {
                return Double.NaN;
            }
            least = Math.min(least, some[some.length / 2]);
            most = Math.max(most, some[some.length / 2]);
        }
        return most / least - 1;
    }

    boolean isFlat() {
        return width() <= FLAT;
    }

    /** Whether p99 is within bounds for requests of each kind. */
    boolean isEven() {
        return !times.nanos.isEmpty() && times.nanos.keySet().stream().allMatch(kind -> ratio(kind) <= EVEN);
    }

    private double ratio(String kind) {
        return times.percentile(kind, 99) / times.percentile(kind, 50);
    }

    @Override
    public String toString() {
        StringBuilder lines = new StringBuilder(String.format(
                Locale.ROOT,
                "%.1f requests/s at most, %.0f %% of it sent: %d requests, each with its own answer%n",
                capacity,
                load * 100,
                times.count()));
        for (String kind : times.nanos.keySet()) {
            lines.append(String.format(
                    Locale.ROOT,
                    "%-8s p50 %.1f ms, p99 %.1f ms: %.1f times (wanted %.0f at most)%n",
                    kind,
                    times.percentile(kind, 50),
                    times.percentile(kind, 99),
                    ratio(kind),
                    EVEN));
        }
        double[] all = resident.stream().mapToDouble(at -> at[1] / (1 << 20)).toArray();
        lines.append(String.format(
                Locale.ROOT,
                "resident memory %.0f to %.0f MB, medians of tenths %.1f %% apart after the first (wanted %.0f)%n",
                Arrays.stream(all).min().orElse(Double.NaN),
                Arrays.stream(all).max().orElse(Double.NaN),
                width() * 100,
                FLAT * 100));
        return lines.toString();
    }

    /** Times of requests by their kind. For one thread. */
    static final class Times {

        private final Map<String, List<Long>> nanos = new TreeMap<>();

        void add(String kind, long took) {
            nanos.computeIfAbsent(kind, k -> new ArrayList<>()).add(took);
        }

        private void add(Times other) {
            other.nanos.forEach((kind, some) ->
                    nanos.computeIfAbsent(kind, k -> new ArrayList<>()).addAll(some));
        }

        long count() {
            return nanos.values().stream().mapToLong(List::size).sum();
        }

        /** Milliseconds; one that was measured. */
        double percentile(String kind, int share) {
            long[] sorted =
                    nanos.get(kind).stream().mapToLong(Long::longValue).sorted().toArray();
            return sorted[(int) Math.ceil(sorted.length * share / 100.0) - 1] / 1e6;
        }
    }
}
