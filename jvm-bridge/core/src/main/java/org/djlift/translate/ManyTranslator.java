package org.djlift.translate;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Several inputs to the result of each.
 *
 * @param <T> an input in DJL's type
 * @param <I> an input of the task
 * @param <R> a result in DJL's type
 */
final class ManyTranslator<T, I, R> extends Grouped<T[], R[], I, R> {

    private final Function<? super T, ? extends I> input;
    private final IntFunction<R[]> array;

    ManyTranslator(Coded<I, R> coded, Function<? super T, ? extends I> input, IntFunction<R[]> array) {
        super(coded);
        this.input = input;
        this.array = array;
    }

    @Override
    Request<I, R, R[]> request(T[] given) {
        List<I> inputs = new ArrayList<>(given.length);
        for (T one : given) {
            inputs.add(one == null ? null : input.apply(one));
        }
        return new Request<>(inputs, results -> results.toArray(array.apply(0)));
    }
}
