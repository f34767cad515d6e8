package org.djlift.internal.tasks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The best spans between the tokens of a window. */
final class Spans {

    /** Falling scores; of equal ones the lower start, then the lower end. */
    private static final Comparator<Span> BEST_FIRST =
            (a, b) -> a.score != b.score ? Float.compare(b.score, a.score) : a.compareTo(b);

    private Spans() {}

    /** From a token to another, both included. */
    static final class Span implements Comparable<Span> {

        final int start;
        final int end;
        final float score;

        Span(int start, int end, float score) {
            this.start = start;
            this.end = end;
            this.score = score;
        }

        @Override
        public int compareTo(Span other) {
            return start != other.start ? Integer.compare(start, other.start) : Integer.compare(end, other.end);
        }
    }

    /**
     * The spans with the highest products of probabilities; those of none are left out.
     *
     * @param longest most tokens of a span
     * @param most most spans
     */
    static List<Span> best(float[] starts, float[] ends, int longest, long most) {
        PriorityQueue<Span> kept = new PriorityQueue<>(Collections.reverseOrder(BEST_FIRST));
        for (int start = 0; start < starts.length; start++) {
            long after = Math.min(ends.length, (long) start + longest);
            for (int end = start; end < after && starts[start] > 0; end++) {
                float score = starts[start] * ends[end];
                boolean full = kept.size() >= most;
                // The last of equals stays out: it comes later.
                if (score > 0 && (!full || score > kept.peek().score)) {
                    if (full) {
                        kept.remove();
                    }
                    kept.add(new Span(start, end, score));
                }
            }
        }
        List<Span> best = new ArrayList<>(kept);
        best.sort(BEST_FIRST);
        return best;
    }
}
