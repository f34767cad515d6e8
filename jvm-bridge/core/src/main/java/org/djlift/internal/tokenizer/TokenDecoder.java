package org.djlift.internal.tokenizer;

import java.util.List;

/** A decoder of tokenizer.json: what turns the tokens of a word back into text. */
public interface TokenDecoder {

    /** Rewrites the tokens; the pieces put together are the text. */
    List<String> chain(List<String> tokens);

    /** The text of some tokens. */
    default String decode(List<String> tokens) {
        return String.join("", chain(tokens));
    }
}
