package org.djlift.translate;

import java.util.List;
import java.util.function.Function;

/** The inputs of the task that one input of DJL's holds, and how their results become its output. */
final class Request<I, R, O> {

    private final List<I> inputs;
    private final Function<List<R>, O> answer;

    Request(List<I> inputs, Function<List<R>, O> answer) {
        this.inputs = inputs;
        this.answer = answer;
    }

    List<I> inputs() {
        return inputs;
    }

    O answer(List<R> results) {
        return answer.apply(results);
    }
}
