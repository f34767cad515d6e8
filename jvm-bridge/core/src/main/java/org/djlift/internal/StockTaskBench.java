package org.djlift.internal;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** Plain DJL's side of {@code djlift bench} for general tasks: {@code batchPredict} in the order given. */
final class StockTaskBench<I, O> implements BenchSide {

    private final ZooModel<I, O> model;
    private final Predictor<I, O> predictor;
    private final List<I> inputs;
    private final Function<O, String> json;
    /** Of each input, its output as JSON can be made of it, or what was thrown. */
    private List<Object> found = List.of();

    StockTaskBench(ZooModel<I, O> model, List<I> inputs, Function<O, String> json) {
        this.model = model;
        this.predictor = model.newPredictor();
        this.inputs = inputs;
        this.json = json;
    }

    @Override
    public long run(int[] which, int batch) {
        List<I> chosen = new ArrayList<>(which.length);
        for (int i : which) {
            chosen.add(inputs.get(i));
        }
        List<Object> all = new ArrayList<>(chosen.size());
        long start = System.nanoTime();
        for (int first = 0; first < chosen.size(); first += batch) {
            List<I> part = chosen.subList(first, Math.min(chosen.size(), first + batch));
            try {
                all.addAll(predictor.batchPredict(part));
            } catch (TranslateException | RuntimeException e) {
                // Who asks for a batch gets nothing of it.
                all.addAll(Collections.nCopies(part.size(), e));
            }
        }
        long nanos = System.nanoTime() - start;
        found = all;
        return nanos;
    }

    @Override
    public long[] alone(int[] which) {
        long[] times = new long[which.length];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            try {
                predictor.predict(inputs.get(which[i]));
            } catch (TranslateException | RuntimeException e) {
                // It is an answer that differs, which run() shows.
            }
            times[i] = System.nanoTime() - start;
        }
        return times;
    }

    @Override
    @SuppressWarnings("unchecked")
    public String[] answers() {
        return found.stream()
                .map(one -> one instanceof Exception ? StockDoor.line((Exception) one) : json.apply((O) one))
                .toArray(String[]::new);
    }

    @Override
    public void close() {
        predictor.close();
        model.close();
    }
}
