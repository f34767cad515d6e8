package org.djlift.translate;

import ai.djl.modality.nlp.translator.NamedEntity;

import java.util.Arrays;

/** Several texts to the entities of each. */
final class TextsTranslator extends Grouped<String[], NamedEntity[][]> {

    TextsTranslator(EntityCodec codec) {
        super(codec);
    }

    @Override
    Request<NamedEntity[][]> request(String[] input) {
        return new Request<>(Arrays.asList(input), entities -> entities);
    }
}
