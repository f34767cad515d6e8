package org.djlift.zoo;

import org.djlift.internal.base.Printable;
import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Versions that will do: one of them, a range in Maven's notation, or any. */
final class ZooRange {

    /** As the manifest has it, and short enough to compare in no time. */
    private static final Pattern VERSION = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,18}){0,3}");

    private static final Pattern PART =
            Pattern.compile("\\s*([\\[(])\\s*([0-9.]*)\\s*(,?)\\s*([0-9.]*)\\s*([\\])])\\s*(,|$)");

    private final @Nullable String exact;
    private final List<Interval> intervals = new ArrayList<>();

    /**
     * @param text a version, a range such as {@code [1.0,2.0)}, several ranges with commas between, or null for any
     * @throws IllegalArgumentException if it is none of them; the message says what was expected
     */
    ZooRange(@Nullable String text) {
        this.exact = text != null && isVersion(text) ? text : null;
        if (text == null || exact != null) {
            return;
        }
        Matcher part = PART.matcher(text);
        int at = 0;
        while (at < text.length()) {
            if (!part.find(at) || part.start() != at) {
                throw wrong(text);
            }
            intervals.add(interval(part, text));
            at = part.end();
        }
        if (intervals.isEmpty() || text.strip().endsWith(",")) {
            throw wrong(text);
        }
    }

    static boolean isVersion(String text) {
        return VERSION.matcher(text).matches();
    }

    /** Whether one version is named, rather than any that fits. */
    boolean isExact() {
        return exact != null;
    }

    boolean contains(String version) {
        if (exact != null) {
            return exact.equals(version);
        }
        return intervals.isEmpty() || intervals.stream().anyMatch(i -> i.contains(version));
    }

    /** Older before newer; 1.0 and 1.0.0 are equally old. */
    static int compare(String left, String right) {
        String[] a = left.split("\\.");
        String[] b = right.split("\\.");
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            int order = number(a, i).compareTo(number(b, i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static BigInteger number(String[] parts, int i) {
        return i < parts.length ? new BigInteger(parts[i]) : BigInteger.ZERO;
    }

    private static Interval interval(Matcher part, String text) {
        String low = bound(part.group(2), text);
        boolean single = part.group(3).isEmpty();
        String high = single ? low : bound(part.group(4), text);
        Interval interval =
                new Interval(low, part.group(1).equals("["), high, part.group(5).equals("]"));
        boolean closed = interval.withLow && interval.withHigh;
        if (single && (low == null || !closed || !part.group(4).isEmpty())) {
            throw wrong(text);
        }
        if (low != null && high != null) {
            int order = compare(low, high);
            if (order > 0 || order == 0 && !closed) {
                throw wrong(text);
            }
        }
        return interval;
    }

    private static @Nullable String bound(String text, String whole) {
        if (!text.isEmpty() && !isVersion(text)) {
            throw wrong(whole);
        }
        return text.isEmpty() ? null : text;
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException("expected a version such as 1.0.0 or a range such as [1.0,2.0), found '"
                + Printable.text(text) + "'; a comma within DJL's optModelUrls is written %2C");
    }

    /** From a version to another; null is no bound. */
    private static final class Interval {

        private final @Nullable String low;
        private final boolean withLow;
        private final @Nullable String high;
        private final boolean withHigh;

        Interval(@Nullable String low, boolean withLow, @Nullable String high, boolean withHigh) {
            this.low = low;
            this.withLow = withLow;
            this.high = high;
            this.withHigh = withHigh;
        }

        boolean contains(String version) {
            int above = low == null ? 1 : compare(version, low);
            int below = high == null ? -1 : compare(version, high);
            return (above > 0 || above == 0 && withLow) && (below < 0 || below == 0 && withHigh);
        }
    }
}
