package org.djlift.translate;

import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;

import java.util.Collections;
import java.util.List;

/** A text to its entities; {@code batchPredict} puts all texts into one run. */
final class TextTranslator implements Translator<String, NamedEntity[]> {

    private final EntityCodec codec;

    TextTranslator(EntityCodec codec) {
        this.codec = codec;
    }

    @Override
    public Batchifier getBatchifier() {
        return WholeBatch.INSTANCE;
    }

    @Override
    public NDList processInput(TranslatorContext ctx, String input) {
        return codec.encode(ctx, Collections.singletonList(input));
    }

    @Override
    public NamedEntity[] processOutput(TranslatorContext ctx, NDList list) {
        return codec.decode(ctx, list).get(0);
    }

    @Override
    public NDList batchProcessInput(TranslatorContext ctx, List<String> inputs) {
        return codec.encode(ctx, inputs);
    }

    @Override
    public List<NamedEntity[]> batchProcessOutput(TranslatorContext ctx, NDList list) {
        return codec.decode(ctx, list);
    }
}
