package org.djlift;

import java.util.Objects;
import java.util.Optional;

/**
 * An item of a stream with what came of its input.
 *
 * @param <T> what carries the input: a row, a record
 * @param <O> what the model gives
 */
public final class Outcome<T, O> {

    private final T item;
    private final O output;
    private final TextException failure;

    Outcome(T item, O output, TextException failure) {
        this.item = item;
        this.output = output;
        this.failure = failure;
    }

    /** The item with its output or its failure. */
    static <T, I, O> Outcome<T, O> lenient(long index, T item, I input, O output, Throwable failure) {
        return new Outcome<>(item, output, failure == null ? null : new TextException(index, input, failure));
    }

    /** The output; what has none is an exception. */
    static <T, I, O> O strict(long index, T item, I input, O output, Throwable failure) {
        if (input == null) {
            throw new NullPointerException("the input at index " + index + " is null");
        }
        if (failure != null) {
            throw new TextException(index, input, failure);
        }
        return output;
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
     * Returns what the model gave.
     *
     * @return the output; empty when the input is null
     * @throws TextException if the input cannot be run
     */
    public Optional<O> output() {
        if (failure != null) {
            throw failure;
        }
        return Optional.ofNullable(output);
    }

    /**
     * Returns why there is no output.
     *
     * @return the failure; empty when there is an output, or the input is null
     */
    public Optional<TextException> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Outcome)) {
            return false;
        }
        Outcome<?, ?> that = (Outcome<?, ?>) other;
        return Objects.equals(item, that.item)
                && Objects.equals(output, that.output)
                && Objects.equals(failure, that.failure);
    }

    @Override
    public int hashCode() {
        return Objects.hash(item, output, failure);
    }

    @Override
    public String toString() {
        return item + ": " + (failure == null ? output : failure.getMessage());
    }
}
