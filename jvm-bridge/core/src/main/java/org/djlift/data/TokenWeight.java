package org.djlift.data;

import java.util.Objects;

/** How much a token of the vocabulary stands for a text, of a {@link org.djlift.SparseEncoder}. */
public final class TokenWeight {

    private final String token;
    private final int id;
    private final float weight;

    /**
     * Makes a token with its weight.
     *
     * @param token the token as the vocabulary has it; empty where the model has more ids than the vocabulary tokens
     * @param id its id
     * @param weight its weight, above 0
     */
    public TokenWeight(String token, int id, float weight) {
        this.token = Objects.requireNonNull(token, "token");
        this.id = id;
        this.weight = weight;
    }

    /**
     * Returns the token.
     *
     * @return as the vocabulary has it: {@code ##ing}, {@code \u0120the}
     */
    public String token() {
        return token;
    }

    /**
     * Returns the id of the token.
     *
     * @return the place in the vocabulary, and in the vector that this is a number of
     */
    public int id() {
        return id;
    }

    /**
     * Returns the weight.
     *
     * @return a number above 0
     */
    public float weight() {
        return weight;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof TokenWeight)) {
            return false;
        }
        TokenWeight one = (TokenWeight) other;
        return id == one.id && Float.compare(weight, one.weight) == 0 && token.equals(one.token);
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, weight);
    }

    @Override
    public String toString() {
        return token + "=" + weight;
    }
}
