package org.djlift.internal.engine;

import org.djlift.internal.graph.Logits;
import org.djlift.internal.tokenizer.Encoded;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Inputs that are in memory as tokens and logits together. Equal inputs are tokenized, run and decoded once.
 *
 * @param <I> an input
 * @param <O> an output
 */
final class Section<I, O> {

    private final Codec<I, O> codec;
    private final List<I> inputs = new ArrayList<>();
    /** For each input that was given, its place in {@link #inputs}; -1 for null. */
    private final int[] places;

    private final List<List<Encoded>> windows = new ArrayList<>();
    private final Throwable[] failures;
    private final Object[] found;
    /** The input of each window, and the first window of each input. */
    private int[] owners;

    private int[] starts;
    /** Windows of each input that are still to run; -1 once it is decoded. */
    private AtomicIntegerArray left;

    private Section(List<? extends I> given, Codec<I, O> codec) {
        this.codec = codec;
        places = new int[given.size()];
        Map<I, Integer> known = new HashMap<>();
        for (int i = 0; i < places.length; i++) {
            I input = given.get(i);
            Integer place = input == null ? Integer.valueOf(-1) : known.putIfAbsent(input, inputs.size());
            if (place == null) {
                place = inputs.size();
                inputs.add(input);
            }
            places[i] = place;
        }
        failures = new Throwable[inputs.size()];
        found = new Object[inputs.size()];
    }

    /**
     * Tokenizes inputs, of which some may be null. What an input's tokens cannot be had for is its failure.
     *
     * @param maxCharacters most UTF-16 units of an input: a longer one fails before it is tokenized
     */
    static <I, O> Section<I, O> of(List<? extends I> given, Codec<I, O> codec, long maxCharacters) {
        Section<I, O> section = new Section<>(given, codec);
        for (int i = 0; i < section.inputs.size(); i++) {
            List<Encoded> found = Collections.emptyList();
            try {
                long size = codec.size(section.inputs.get(i));
                if (size > maxCharacters) {
                    throw new IllegalArgumentException(
                            "expected at most " + maxCharacters + " characters (maxCharacters), found " + size);
                }
                found = codec.windows(section.inputs.get(i));
            } catch (RuntimeException e) {
                section.failures[i] = e;
            }
            section.windows.add(found);
        }
        section.count();
        return section;
    }

    private void count() {
        left = new AtomicIntegerArray(inputs.size());
        starts = new int[inputs.size() + 1];
        owners = new int[windows.stream().mapToInt(List::size).sum()];
        for (int i = 0; i < inputs.size(); i++) {
            List<Encoded> own = windows.get(i);
            starts[i + 1] = starts[i] + own.size();
            Arrays.fill(owners, starts[i], starts[i + 1], i);
            left.set(i, (int) own.stream().filter(window -> window.length() > 0).count());
        }
    }

    /** Inputs that were given, nulls not counted. */
    long given() {
        return Arrays.stream(places).filter(place -> place >= 0).count();
    }

    List<Encoded> flat() {
        return Pipeline.flat(windows);
    }

    /** Decodes the inputs whose last windows have run, and lets go of their logits. On the thread of the run. */
    void ran(int[] run, Logits[] logits) {
        for (int window : run) {
            int input = owners[window];
            if (left.decrementAndGet(input) == 0) {
                decode(input, logits);
                Arrays.fill(logits, starts[input], starts[input + 1], null);
            }
        }
    }

    private void decode(int input, Logits[] logits) {
        left.set(input, -1);
        if (failures[input] == null) {
            List<Logits> own = Arrays.asList(logits).subList(starts[input], starts[input + 1]);
            try {
                found[input] = codec.decode(inputs.get(input), windows.get(input), own);
            } catch (RuntimeException e) {
                failures[input] = e;
            }
        }
    }

    /** Decodes what is not yet decoded; an input whose logits are missing fails. */
    @SuppressWarnings("unchecked")
    Answers<O> decoded(Logits[] logits) {
        for (int i = 0; i < inputs.size(); i++) {
            if (left.get(i) >= 0) {
                decode(i, logits);
            }
        }
        return new Answers<>(places, (List<O>) Arrays.asList(found), failures, codec);
    }

    /** Tells of each input that was given what was run for it; of a null nothing. */
    void tell(Logits[] logits, Pipeline.Witness witness) {
        for (int place : places) {
            if (place >= 0) {
                List<Encoded> own = windows.get(place);
                witness.ran(own, Arrays.asList(logits).subList(starts[place], starts[place + 1]));
            }
        }
    }

    /** Marks the input that a window belongs to as failed. */
    void failed(int window, Throwable why) {
        failures[owners[window]] = why;
    }

    /** The outputs of the inputs as they were given. */
    static final class Answers<O> {

        private final int[] places;
        private final List<O> found;
        private final Throwable[] failures;
        private final boolean[] handedOut;
        private final Codec<?, O> codec;

        private Answers(int[] places, List<O> found, Throwable[] failures, Codec<?, O> codec) {
            this.places = places;
            this.found = found;
            this.failures = failures;
            this.handedOut = new boolean[failures.length];
            this.codec = codec;
        }

        int size() {
            return places.length;
        }

        /** Why there is no output, or null. */
        Throwable failure(int input) {
            return places[input] < 0 ? null : failures[places[input]];
        }

        /** The output of an input: one of its own, though equal inputs were run once; null for null. */
        O output(int input) {
            int place = places[input];
            if (place < 0 || found.get(place) == null) {
                return null;
            }
            O output = found.get(place);
            if (handedOut[place]) {
                return codec.copy(output);
            }
            handedOut[place] = true;
            return output;
        }
    }
}
