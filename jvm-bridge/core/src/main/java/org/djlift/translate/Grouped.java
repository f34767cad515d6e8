package org.djlift.translate;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A translator whose inputs hold several inputs of the task each: all of them go into one run.
 *
 * @param <T> an input of DJL's
 * @param <O> an output of DJL's
 * @param <I> an input of the task
 * @param <R> a result in DJL's type
 */
abstract class Grouped<T, O, I, R> implements Translator<T, O> {

    private static final String REQUESTS = "org.djlift.requests";

    private final Coded<I, R> coded;

    Grouped(Coded<I, R> coded) {
        this.coded = coded;
    }

    abstract Request<I, R, O> request(T input) throws TranslateException;

    @Override
    public Batchifier getBatchifier() {
        return WholeBatch.INSTANCE;
    }

    @Override
    public NDList processInput(TranslatorContext ctx, T input) throws TranslateException {
        return batchProcessInput(ctx, Collections.singletonList(input));
    }

    @Override
    public O processOutput(TranslatorContext ctx, NDList list) {
        return batchProcessOutput(ctx, list).get(0);
    }

    @Override
    public NDList batchProcessInput(TranslatorContext ctx, List<T> inputs) throws TranslateException {
        List<I> all = new ArrayList<>();
        List<Request<I, R, O>> requests = new ArrayList<>(inputs.size());
        for (T input : inputs) {
            Request<I, R, O> request = request(input);
            requests.add(request);
            all.addAll(request.inputs());
        }
        ctx.setAttachment(REQUESTS, requests);
        return coded.encode(ctx, all);
    }

    @Override
    @SuppressWarnings("unchecked")
    public List<O> batchProcessOutput(TranslatorContext ctx, NDList list) {
        List<R> all = coded.decode(ctx, list);
        List<O> outputs = new ArrayList<>();
        int first = 0;
        for (Request<I, R, O> request : (List<Request<I, R, O>>) ctx.getAttachment(REQUESTS)) {
            int last = first + request.inputs().size();
            outputs.add(request.answer(all.subList(first, last)));
            first = last;
        }
        return outputs;
    }
}
