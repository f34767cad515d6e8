package org.djlift.translate;

import ai.djl.modality.Input;
import ai.djl.modality.nlp.TextPrompt;
import ai.djl.translate.TranslateException;

import org.djlift.translate.ServingTranslator.Asked;

import java.util.Collections;

/** What requests of DJL Serving hold. */
final class Requests {

    private Requests() {}

    /** A text, or JSON that is a text, a list of texts, or an object with either as {@code inputs}. */
    static Asked<String> texts(Input input) throws TranslateException {
        TextPrompt prompt;
        try {
            prompt = TextPrompt.parseInput(input);
        } catch (IllegalStateException | UnsupportedOperationException e) {
            throw new TranslateException("expected \"inputs\" to be a text or a list of texts", e);
        }
        return prompt.isBatch()
                ? new Asked<>(prompt.getBatch(), true)
                : new Asked<>(Collections.singletonList(prompt.getText()), false);
    }
}
