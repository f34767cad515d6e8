package org.djlift;

import org.djlift.data.Entity;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * An item of a stream with what was found in its text.
 *
 * @param <T> what carries the text: a row, a record
 */
public final class Classified<T> {

    private final T item;
    private final List<Entity> entities;
    private final TextException failure;

    Classified(T item, List<Entity> entities, TextException failure) {
        this.item = item;
        this.entities = entities;
        this.failure = failure;
    }

    /**
     * Returns the item.
     *
     * @return what the stream gave
     */
    public T item() {
        return item;
    }

    /**
     * Returns what was found.
     *
     * @return the entities in the order of the text; null when the text is null
     * @throws TextException if the text cannot be classified
     */
    public List<Entity> entities() {
        if (failure != null) {
            throw failure;
        }
        return entities;
    }

    /**
     * Returns why there are no entities.
     *
     * @return the failure; empty when the text was classified, or is null
     */
    public Optional<TextException> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Classified)) {
            return false;
        }
        Classified<?> that = (Classified<?>) other;
        return Objects.equals(item, that.item)
                && Objects.equals(entities, that.entities)
                && Objects.equals(failure, that.failure);
    }

    @Override
    public int hashCode() {
        return Objects.hash(item, entities, failure);
    }

    @Override
    public String toString() {
        return item + ": " + (failure == null ? entities : failure.getMessage());
    }
}
