package org.djlift.translate;

import ai.djl.modality.Input;
import ai.djl.translate.TranslateException;
import ai.djl.util.StringPair;

import com.google.gson.JsonElement;

import org.djlift.data.RankingInput;
import org.djlift.data.RankingOutput;
import org.djlift.internal.base.Parameters;
import org.djlift.translate.ServingTranslator.Asked;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** DJL's pairs, and requests of DJL Serving to a cross-encoder. */
final class RankingRequests {

    private static final String QUERY = "query";
    private static final String TEXT = "text";
    private static final String TEXTS = "texts";
    private static final String DOCUMENTS = "documents";

    /** How DJL calls the two of a pair. */
    private static final String[][] PAIRS = {{TEXT, "text_pair"}, {"key", "value"}, {QUERY, TEXT}};

    private RankingRequests() {}

    static RankingInput input(StringPair pair) {
        return RankingInput.pair(pair.getKey(), pair.getValue());
    }

    /** The scores of a pair as DJL gives them; of documents the ranking. */
    static Object answer(RankingOutput output) {
        return output.isRanking() ? output.ranking() : output.scores();
    }

    static Asked<RankingInput> read(Input input) throws TranslateException {
        for (String[] pair : PAIRS) {
            String query = input.getAsString(pair[0]);
            String text = input.getAsString(pair[1]);
            if (query != null && text != null) {
                return new Asked<>(Collections.singletonList(RankingInput.pair(query, text)), false);
            }
        }
        try {
            List<RankingInput> listed = new ArrayList<>();
            Asked<RankingInput> asked = Requests.read(input, json -> one(json, listed));
            // A query with several texts is a list by itself.
            return listed.isEmpty() ? asked : new Asked<>(listed, true);
        } catch (IllegalArgumentException e) {
            throw new TranslateException(
                    "expected JSON with two texts, or a query with texts, found " + e.getMessage(), e);
        }
    }

    private static RankingInput one(JsonElement json, List<RankingInput> listed) {
        if (!json.isJsonObject()) {
            throw new IllegalArgumentException("something else");
        }
        Parameters given = Parameters.parse(json.toString());
        for (String[] pair : PAIRS) {
            if (given.has(pair[0]) && given.has(pair[1])) {
                given.only(Set.of(pair));
                return RankingInput.pair(given.text(pair[0]), given.text(pair[1]));
            }
        }
        if (given.has(TEXTS)) {
            given.only(Set.of(QUERY, TEXTS));
            for (String text : given.texts(TEXTS)) {
                listed.add(RankingInput.pair(given.text(QUERY), text));
            }
            return RankingInput.documents(given.text(QUERY), List.of());
        }
        given.only(Set.of(QUERY, DOCUMENTS));
        return RankingInput.documents(given.text(QUERY), given.texts(DOCUMENTS));
    }
}
