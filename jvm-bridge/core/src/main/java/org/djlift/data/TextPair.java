package org.djlift.data;

import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.Optional;

/** A single text, or a pair of texts that a model reads together. */
public final class TextPair {

    private final String text;
    private final @Nullable String pair;

    private TextPair(String text, @Nullable String pair) {
        this.text = Objects.requireNonNull(text, "text");
        this.pair = pair;
    }

    /**
     * Makes an input of a single text.
     *
     * @param text the text
     * @return the text alone
     */
    public static TextPair of(String text) {
        return new TextPair(text, null);
    }

    /**
     * Makes a pair.
     *
     * @param text the first text
     * @param pair the second; null for none
     * @return the pair
     */
    public static TextPair of(String text, @Nullable String pair) {
        return new TextPair(text, pair);
    }

    /**
     * Returns the first text.
     *
     * @return the text
     */
    public String text() {
        return text;
    }

    /**
     * Returns the second text.
     *
     * @return the text; empty if there is only one
     */
    public Optional<String> pair() {
        return Optional.ofNullable(pair);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TextPair
                && text.equals(((TextPair) other).text)
                && Objects.equals(pair, ((TextPair) other).pair);
    }

    @Override
    public int hashCode() {
        return Objects.hash(text, pair);
    }

    @Override
    public String toString() {
        return pair == null ? text : text + " | " + pair;
    }
}
