package org.djlift;

import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.Optional;

/**
 * An item of a stream with the output for its input, or with the failure. There are three states:
 *
 * <pre>{@code
 * Iterator<Outcome<Row, List<Entity>>> outcomes = ner.classify(rows, Row::text);
 * while (outcomes.hasNext()) {
 *     Outcome<Row, List<Entity>> one = outcomes.next();
 *     if (one.failure().isPresent()) {
 *         log(one.item(), one.failure().get());   // the input cannot be run
 *     } else if (one.output().isEmpty()) {
 *         skip(one.item());                       // the input is null
 *     } else {
 *         store(one.item(), one.output().get());  // the input was run
 *     }
 * }
 * }</pre>
 *
 * <p>Ask for the failure first: {@link #output()} throws it.
 *
 * @param <T> the item that has the input, such as a row
 * @param <O> the output of the model
 */
public final class Outcome<T, O> {

    private final T item;
    private final @Nullable O output;
    private final @Nullable TextException failure;

    Outcome(T item, @Nullable O output, @Nullable TextException failure) {
        this.item = item;
        this.output = output;
        this.failure = failure;
    }

    /** The item with its output or its failure. */
    static <T, I, O> Outcome<T, O> lenient(
            long index, T item, @Nullable I input, @Nullable O output, @Nullable Throwable failure) {
        return new Outcome<>(item, output, failed(index, input, failure));
    }

    private static @Nullable TextException failed(long index, @Nullable Object input, @Nullable Throwable failure) {
        return failure == null ? null : new TextException(index, String.valueOf(input), failure);
    }

    /** The output; what has none is an exception. */
    static <T, I, O> O strict(long index, T item, @Nullable I input, @Nullable O output, @Nullable Throwable failure) {
        TextException failed = failed(index, input, failure);
        if (failed != null) {
            throw failed;
        }
        if (input == null) {
            throw new NullPointerException("the input at index " + index + " is null");
        }
        return Objects.requireNonNull(output, "output");
    }

    /**
     * Returns the item that the stream gave.
     *
     * @return the item
     */
    public T item() {
        return item;
    }

    /**
     * Returns the output of the model for the input of the item.
     *
     * @return the output; empty if the input is null
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
     * @return the failure; empty if there is an output, or the input is null
     */
    public Optional<TextException> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public boolean equals(@Nullable Object other) {
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
