package org.djlift.internal.proof;

import org.djlift.archive.Manifest;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How far logits may be from those of fp32 PyTorch. */
final class LogitBounds {

    private static final double FP32 = 1e-4;
    /** Relative to the range of the reference's logits, as {@link #REDUCED_RMS}. */
    private static final double REDUCED = 1e-2;

    private static final double REDUCED_RMS = 1e-3;
    /**
     * int8 against what the build's proof measured: activations are quantised by batch, and processors without VNNI
     * saturate, so that another machine is not equal to the last digit; one that is wrong is further away.
     */
    private static final double INT8_FACTOR = 2;

    /** Largest absolute difference of a logit; {@code Double.MAX_VALUE} where any number will do. */
    final double largest;

    /** Largest root mean square of all differences; {@code Double.MAX_VALUE} where any number will do. */
    final double rms;

    private LogitBounds(double largest, double rms) {
        this.largest = largest;
        this.rms = rms;
    }

    /** @param golden the reference's logits by the name of their tensor */
    static LogitBounds of(Manifest manifest, Map<String, float[]> golden) {
        switch (manifest.precision()) {
            case "fp32":
                return new LogitBounds(FP32, Double.MAX_VALUE);
            case "int8":
                return new LogitBounds(recorded(manifest, "max_abs"), recorded(manifest, "rms"));
            default:
                double range = range(golden);
                return new LogitBounds(REDUCED * range, REDUCED_RMS * range);
        }
    }

    /** Figures with their bounds. */
    String describe(double largestFound, double rmsFound) {
        return "largest difference " + figure(largestFound, largest) + ", rms " + figure(rmsFound, rms);
    }

    private static String figure(double found, double bound) {
        String most = bound < Double.MAX_VALUE ? String.format(Locale.ROOT, " (at most %.2g)", bound) : "";
        return String.format(Locale.ROOT, "%.2g", found) + most;
    }

    /** A figure of level 2 in the manifest's proof; an archive without one has no bound. */
    private static double recorded(Manifest manifest, String figure) {
        Object levels = manifest.parity().get("levels");
        for (Object level : levels instanceof List ? (List<?>) levels : List.of()) {
            Object name = level instanceof Map ? ((Map<?, ?>) level).get("name") : null;
            Object figures = "logits".equals(name) ? ((Map<?, ?>) level).get("figures") : null;
            Object value = figures instanceof Map ? ((Map<?, ?>) figures).get(figure) : null;
            if (value instanceof Number) {
                return INT8_FACTOR * ((Number) value).doubleValue();
            }
        }
        return Double.MAX_VALUE;
    }

    private static double range(Map<String, float[]> golden) {
        double min = Double.MAX_VALUE;
        double max = -Double.MAX_VALUE;
        for (Map.Entry<String, float[]> tensor : golden.entrySet()) {
            for (float value : tensor.getKey().contains("/plain/") ? tensor.getValue() : new float[0]) {
                min = Math.min(min, value);
                max = Math.max(max, value);
            }
        }
        return Math.max(0, max - min);
    }
}
