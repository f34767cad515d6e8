package org.djlift.translate;

import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.translate.Translator;

import org.djlift.internal.engine.Codec;
import org.djlift.internal.tokenizer.Padding;

import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * A pair of DJL's types that a factory has a translator for.
 *
 * @param <I> an input of the task
 * @param <O> an output of the task
 */
final class Kind<I, O> {

    /** Makes the translator of a codec. */
    private interface Make<I, O> {

        Translator<?, ?> of(Codec<I, O> codec, Padding padding);
    }

    final Class<?> from;
    final Class<?> to;
    private final Make<I, O> make;

    private Kind(Class<?> from, Class<?> to, Make<I, O> make) {
        this.from = from;
        this.to = to;
        this.make = make;
    }

    Translator<?, ?> translator(Codec<I, O> codec, Padding padding) {
        return make.of(codec, padding);
    }

    /** One input to one result. */
    static <T, I, O, R> Kind<I, O> one(
            Class<T> from,
            Class<R> to,
            Function<? super T, ? extends I> input,
            Function<? super O, ? extends R> result) {
        return new Kind<>(
                from, to, (codec, padding) -> new OneTranslator<T, I, R>(new Coded<>(codec, padding, result), input));
    }

    /** Several inputs to the result of each. */
    static <T, I, O, R> Kind<I, O> many(
            Class<T[]> from,
            Class<R[]> to,
            Function<? super T, ? extends I> input,
            Function<? super O, ? extends R> result,
            IntFunction<R[]> array) {
        return new Kind<>(
                from,
                to,
                (codec, padding) -> new ManyTranslator<T, I, R>(new Coded<>(codec, padding, result), input, array));
    }

    /** A request of DJL Serving to its answer in JSON, which is made of the results by Gson. */
    static <I, O, R> Kind<I, O> serving(ServingTranslator.Reader<I> reader, Function<? super O, ? extends R> result) {
        return new Kind<>(
                Input.class,
                Output.class,
                (codec, padding) -> new ServingTranslator<I, R>(new Coded<>(codec, padding, result), reader));
    }
}
