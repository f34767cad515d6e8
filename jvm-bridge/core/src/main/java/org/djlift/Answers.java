package org.djlift;

import org.djlift.data.Entity;

import java.util.ArrayList;
import java.util.List;

/** What a stream gives for a text: its entities, or what stands in their way. */
final class Answers {

    private Answers() {}

    /** The texts, none of them null. */
    static List<String> checked(List<String> texts) {
        List<String> all = new ArrayList<>(texts);
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) == null) {
                throw new NullPointerException("the text at index " + i + " is null");
            }
        }
        return all;
    }

    /** The entities; what has none is an exception. */
    static List<Entity> strict(long index, String item, String text, List<Entity> entities, Throwable failure) {
        if (text == null) {
            throw new NullPointerException("the text at index " + index + " is null");
        }
        if (failure != null) {
            throw new TextException(index, text, failure);
        }
        return entities;
    }

    /** The item with its entities or its failure. */
    static <T> Classified<T> lenient(long index, T item, String text, List<Entity> entities, Throwable failure) {
        return new Classified<>(item, entities, failure == null ? null : new TextException(index, text, failure));
    }
}
