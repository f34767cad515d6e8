package org.djlift.translate;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;

import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * An input to its result; {@code batchPredict} puts all inputs into one run.
 *
 * @param <T> an input in DJL's type
 * @param <I> an input of the task
 * @param <R> a result in DJL's type
 */
final class OneTranslator<T, I, R> implements Translator<T, R> {

    private final Coded<I, R> coded;
    private final Function<? super T, ? extends I> input;

    OneTranslator(Coded<I, R> coded, Function<? super T, ? extends I> input) {
        this.coded = coded;
        this.input = input;
    }

    @Override
    public Batchifier getBatchifier() {
        return WholeBatch.INSTANCE;
    }

    @Override
    public NDList processInput(TranslatorContext ctx, T one) {
        return batchProcessInput(ctx, Collections.singletonList(one));
    }

    @Override
    public R processOutput(TranslatorContext ctx, NDList list) {
        return coded.decode(ctx, list).get(0);
    }

    @Override
    public NDList batchProcessInput(TranslatorContext ctx, List<T> inputs) {
        List<I> all = inputs.stream()
                .map(one -> one == null ? null : input.apply(one))
                .collect(Collectors.toList());
        return coded.encode(ctx, all);
    }

    @Override
    public List<R> batchProcessOutput(TranslatorContext ctx, NDList list) {
        return coded.decode(ctx, list);
    }
}
