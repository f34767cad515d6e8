package org.djlift.data;

import java.util.List;
import java.util.Objects;

/** A query with a text that is to be scored, or with several that are to be ranked. */
public final class RankingInput {

    private final String query;
    private final List<String> texts;
    private final boolean ranking;

    private RankingInput(String query, List<String> texts, boolean ranking) {
        this.query = Objects.requireNonNull(query, "query");
        this.texts = List.copyOf(texts);
        this.ranking = ranking;
    }

    /**
     * Makes a pair to score.
     *
     * @param query the query
     * @param text the text
     * @return the input
     */
    public static RankingInput pair(String query, String text) {
        return new RankingInput(query, List.of(Objects.requireNonNull(text, "text")), false);
    }

    /**
     * Makes a query with documents to rank.
     *
     * @param query the query
     * @param documents the documents, any number
     * @return the input
     */
    public static RankingInput documents(String query, List<String> documents) {
        return new RankingInput(query, documents, true);
    }

    /**
     * Returns the query.
     *
     * @return the query
     */
    public String query() {
        return query;
    }

    /**
     * Returns the texts.
     *
     * @return the text of a pair, or the documents; unmodifiable
     */
    public List<String> texts() {
        return texts;
    }

    /**
     * Returns whether the texts are to be ranked.
     *
     * @return whether the texts are to be ranked
     */
    public boolean isRanking() {
        return ranking;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RankingInput
                && query.equals(((RankingInput) other).query)
                && texts.equals(((RankingInput) other).texts)
                && ranking == ((RankingInput) other).ranking;
    }

    @Override
    public int hashCode() {
        return Objects.hash(query, texts, ranking);
    }

    @Override
    public String toString() {
        return query + " | " + String.join(" | ", texts);
    }
}
