package org.djlift.internal;

import org.djlift.AggregationStrategy;
import org.djlift.Entity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Texts that are in memory as tokens and logits together. Equal texts are tokenized, run and decoded once. */
final class Section {

    private final List<String> texts = new ArrayList<>();
    /** For each text that was given, its place in {@link #texts}; -1 for null. */
    private final int[] places;
    private final List<List<Encoded>> windows = new ArrayList<>();
    private final Throwable[] failures;

    private Section(List<String> given) {
        places = new int[given.size()];
        Map<String, Integer> known = new HashMap<>();
        for (int i = 0; i < places.length; i++) {
            String text = given.get(i);
            Integer place = text == null ? Integer.valueOf(-1) : known.putIfAbsent(text, texts.size());
            if (place == null) {
                place = texts.size();
                texts.add(text);
            }
            places[i] = place;
        }
        failures = new Throwable[texts.size()];
    }

    /** Tokenizes texts, of which some may be null. What a text's tokens cannot be had for is its failure. */
    static Section of(List<String> given, Tokenization tokenization, int stride) {
        Section section = new Section(given);
        for (int i = 0; i < section.texts.size(); i++) {
            List<Encoded> found = Collections.emptyList();
            try {
                found = tokenization.windows(section.texts.get(i), stride);
            } catch (RuntimeException e) {
                section.failures[i] = e;
            }
            section.windows.add(found);
        }
        return section;
    }

    /** Texts that were given, nulls not counted. */
    long given() {
        return Arrays.stream(places).filter(place -> place >= 0).count();
    }

    List<Encoded> flat() {
        return Pipeline.flat(windows);
    }

    /** Decodes the logits of all windows, in their order; a text whose logits are missing fails. */
    Answers decoded(Logits[] logits, EntityDecoder decoder, AggregationStrategy strategy) {
        List<List<Entity>> found = new ArrayList<>(texts.size());
        int at = 0;
        for (int i = 0; i < texts.size(); i++) {
            int count = windows.get(i).size();
            List<Logits> own = Arrays.asList(logits).subList(at, at + count);
            at += count;
            List<Entity> entities = null;
            if (failures[i] == null) {
                try {
                    entities = decoder.decode(texts.get(i), windows.get(i), own, strategy);
                } catch (RuntimeException e) {
                    failures[i] = e;
                }
            }
            found.add(entities);
        }
        return new Answers(places, found, failures);
    }

    /** Tells of each text that was given what was run for it; of a null nothing. */
    void tell(Logits[] logits, Pipeline.Witness witness) {
        int[] starts = new int[texts.size()];
        for (int i = 1; i < starts.length; i++) {
            starts[i] = starts[i - 1] + windows.get(i - 1).size();
        }
        for (int place : places) {
            if (place >= 0) {
                List<Encoded> own = windows.get(place);
                int end = starts[place] + own.size();
                witness.ran(own, Arrays.asList(logits).subList(starts[place], end));
            }
        }
    }

    /** Marks the text that a window belongs to as failed. */
    void failed(int window, Throwable why) {
        int at = 0;
        for (int i = 0; i < windows.size(); i++) {
            at += windows.get(i).size();
            if (window < at) {
                failures[i] = why;
                return;
            }
        }
    }

    /** The entities of the texts as they were given. */
    static final class Answers {

        private final int[] places;
        private final List<List<Entity>> found;
        private final Throwable[] failures;
        private final boolean[] handedOut;

        private Answers(int[] places, List<List<Entity>> found, Throwable[] failures) {
            this.places = places;
            this.found = found;
            this.failures = failures;
            this.handedOut = new boolean[failures.length];
        }

        int size() {
            return places.length;
        }

        /** Why there are no entities, or null. */
        Throwable failure(int text) {
            return places[text] < 0 ? null : failures[places[text]];
        }

        /** The entities of a text: a list of its own, though equal texts were run once; null for null. */
        List<Entity> entities(int text) {
            int place = places[text];
            if (place < 0) {
                return null;
            }
            List<Entity> entities = found.get(place);
            if (handedOut[place]) {
                return new ArrayList<>(entities);
            }
            handedOut[place] = true;
            return entities;
        }
    }
}
