package org.djlift.translate;

import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.TextPrompt;
import ai.djl.ndarray.BytesSupplier;
import ai.djl.translate.TranslateException;

import java.util.Collections;

/**
 * A request of DJL Serving to its answer: a text, or JSON that is a text, a list of texts, or an object with either as
 * {@code inputs}. A text is answered by a list of entities, a list of texts by a list of such lists.
 */
final class ServingTranslator extends Grouped<Input, Output> {

    ServingTranslator(EntityCodec codec) {
        super(codec);
    }

    @Override
    Request<Output> request(Input input) throws TranslateException {
        if (input.getContent().isEmpty()) {
            throw new TranslateException("expected a text or JSON, found an empty request");
        }
        TextPrompt prompt;
        try {
            prompt = TextPrompt.parseInput(input);
        } catch (IllegalStateException | UnsupportedOperationException e) {
            throw new TranslateException("expected \"inputs\" to be a text or a list of texts", e);
        }
        if (prompt.isBatch()) {
            return new Request<>(prompt.getBatch(), ServingTranslator::json);
        }
        return new Request<>(Collections.singletonList(prompt.getText()), entities -> json(entities[0]));
    }

    private static Output json(Object answer) {
        Output output = new Output();
        output.addProperty("Content-Type", "application/json");
        output.add(BytesSupplier.wrapAsJson(answer));
        return output;
    }
}
