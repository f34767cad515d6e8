package org.djlift.tooling;

import ai.djl.huggingface.translator.QuestionAnsweringTranslatorFactory;
import ai.djl.modality.nlp.qa.QAInput;
import ai.djl.translate.TranslatorFactory;

import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;

/** Question answering in plain DJL: the text of the best answer, from one window. */
final class StockQuestions implements StockTasks.Side<QAInput, String> {

    @Override
    public TranslatorFactory factory() {
        return new QuestionAnsweringTranslatorFactory();
    }

    @Override
    public Class<QAInput> input() {
        return QAInput.class;
    }

    @Override
    public Class<String> output() {
        return String.class;
    }

    @Override
    public QAInput read(Parameters json) {
        return new QAInput(json.text("question"), json.text("context"));
    }

    @Override
    public String json(String output) {
        return "{\"answers\":[{\"answer\":" + Json.quoted(output) + "}]}";
    }
}
