package org.djlift;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Whether memory grows over a run: its end against the end of its first third, in which pools and caches fill up and
 * code is compiled.
 */
final class Growth {

    /** Most bytes that live objects may grow by after the first third. */
    static final long HEAP_LIMIT = 512 << 10;

    private final List<Memory> samples = new ArrayList<>();
    private final long besideLimit;

    /** @param besideLimit most bytes that the memory beside the heap may grow by after the first third */
    Growth(long besideLimit) {
        this.besideLimit = besideLimit;
    }

    void add(Memory sample) {
        samples.add(sample);
    }

    boolean isFlat() {
        return heap() <= HEAP_LIMIT && beside() <= besideLimit;
    }

    @Override
    public String toString() {
        String of = "%s: heap %s from %d to %d kB (may grow by %d), beside it %s from %d to %d kB (may grow by %d)";
        return String.format(
                of,
                isFlat() ? "flat" : "LEAK",
                heap() <= HEAP_LIMIT ? "stays" : "GROWS",
                warm().heap >> 10,
                end().heap >> 10,
                HEAP_LIMIT >> 10,
                beside() <= besideLimit ? "stays" : "GROWS",
                warm().beside >> 10,
                end().beside >> 10,
                besideLimit >> 10);
    }

    private long heap() {
        return end().heap - warm().heap;
    }

    private long beside() {
        return end().beside - warm().beside;
    }

    private Memory warm() {
        return middle(samples.size() / 3);
    }

    private Memory end() {
        return middle(samples.size());
    }

    /** Of the three samples before, the middle one by what is beside the heap: one alone may lie off. */
    private Memory middle(int end) {
        List<Memory> three = new ArrayList<>(samples.subList(end - 3, end));
        three.sort(Comparator.comparingLong(sample -> sample.beside));
        return three.get(1);
    }
}
