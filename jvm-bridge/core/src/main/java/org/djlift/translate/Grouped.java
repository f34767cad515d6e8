package org.djlift.translate;

import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A translator whose inputs hold several texts each: all texts of all inputs go into one run. */
abstract class Grouped<I, O> implements Translator<I, O> {

    private static final String REQUESTS = "org.djlift.requests";

    private final EntityCodec codec;

    Grouped(EntityCodec codec) {
        this.codec = codec;
    }

    abstract Request<O> request(I input) throws TranslateException;

    @Override
    public Batchifier getBatchifier() {
        return WholeBatch.INSTANCE;
    }

    @Override
    public NDList processInput(TranslatorContext ctx, I input) throws TranslateException {
        return batchProcessInput(ctx, Collections.singletonList(input));
    }

    @Override
    public O processOutput(TranslatorContext ctx, NDList list) {
        return batchProcessOutput(ctx, list).get(0);
    }

    @Override
    public NDList batchProcessInput(TranslatorContext ctx, List<I> inputs) throws TranslateException {
        List<String> texts = new ArrayList<>();
        List<Request<O>> requests = new ArrayList<>(inputs.size());
        for (I input : inputs) {
            Request<O> request = request(input);
            requests.add(request);
            texts.addAll(request.texts());
        }
        ctx.setAttachment(REQUESTS, requests);
        return codec.encode(ctx, texts);
    }

    @Override
    @SuppressWarnings("unchecked")
    public List<O> batchProcessOutput(TranslatorContext ctx, NDList list) {
        List<NamedEntity[]> all = codec.decode(ctx, list);
        List<O> outputs = new ArrayList<>();
        int first = 0;
        for (Request<O> request : (List<Request<O>>) ctx.getAttachment(REQUESTS)) {
            int last = first + request.texts().size();
            outputs.add(request.answer(all.subList(first, last).toArray(new NamedEntity[0][])));
            first = last;
        }
        return outputs;
    }
}
