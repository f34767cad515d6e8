package org.djlift.measure;

import org.djlift.support.Memory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;

/**
 * Whether memory grows over a run: the least of its last third against its first third. What the allocators hold beside
 * the heap goes up and down by some MB from moment to moment, so the most of the first third counts there: a leak lifts
 * the least above it.
 */
final class Growth {

    /** Most bytes that live objects may grow by after the first third. */
    static final long HEAP_LIMIT = 512 << 10;

    private static final ToLongFunction<Memory> HEAP = sample -> sample.heap;
    private static final ToLongFunction<Memory> BESIDE = sample -> sample.beside;

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
                warm(HEAP) >> 10,
                end(HEAP) >> 10,
                HEAP_LIMIT >> 10,
                beside() <= besideLimit ? "stays" : "GROWS",
                warm(BESIDE) >> 10,
                end(BESIDE) >> 10,
                besideLimit >> 10);
    }

    private long heap() {
        return end(HEAP) - warm(HEAP);
    }

    private long beside() {
        return end(BESIDE) - warm(BESIDE);
    }

    private long warm(ToLongFunction<Memory> part) {
        LongStream first = samples.subList(0, samples.size() / 3).stream().mapToLong(part);
        // Live objects are counted exactly, but a first collection may leave some that are dead.
        return (part == HEAP ? first.min() : first.max()).orElseThrow();
    }

    private long end(ToLongFunction<Memory> part) {
        int from = samples.size() - samples.size() / 3;
        return samples.subList(from, samples.size()).stream()
                .mapToLong(part)
                .min()
                .orElseThrow();
    }
}
