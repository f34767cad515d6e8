package org.djlift.translate;

import ai.djl.modality.nlp.translator.NamedEntity;

import java.util.List;
import java.util.function.Function;

/** The texts of an input, and how their entities become its output. */
final class Request<O> {

    private final List<String> texts;
    private final Function<NamedEntity[][], O> answer;

    Request(List<String> texts, Function<NamedEntity[][], O> answer) {
        this.texts = texts;
        this.answer = answer;
    }

    List<String> texts() {
        return texts;
    }

    O answer(NamedEntity[][] entities) {
        return answer.apply(entities);
    }
}
