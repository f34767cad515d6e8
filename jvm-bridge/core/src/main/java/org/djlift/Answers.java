package org.djlift;

import java.util.List;

/** What a stream gives for a text: its entities, or what stands in their way. */
final class Answers {

    private Answers() {}

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
