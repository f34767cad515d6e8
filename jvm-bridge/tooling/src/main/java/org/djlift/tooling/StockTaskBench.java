package org.djlift.tooling;

import ai.djl.MalformedModelException;
import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;

import org.djlift.internal.graph.SessionSettings;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** Internal: plain DJL's side of {@code djlift bench}: its own translator, {@code batchPredict} in the order given. */
class StockTaskBench<I, O> implements BenchSide {

    private final ZooModel<I, O> model;
    private final Predictor<I, O> predictor;
    private final List<I> inputs;
    private final Function<O, String> json;
    /** Of each input, its output as JSON can be made of it, or what was thrown. */
    private List<Object> found = List.of();

    /**
     * @param criteria what a user of plain DJL would write
     * @param device as DJL names it
     * @param threads within an operator of ONNX Runtime; 0 lets it choose
     * @param inputs all inputs that will be run
     * @param json an answer as a line
     */
    StockTaskBench(
            Criteria.Builder<I, O> criteria, String device, int threads, List<I> inputs, Function<O, String> json)
            throws IOException, ModelNotFoundException, MalformedModelException {
        this.model = criteria.optDevice(SessionSettings.device(device))
                .optOption(SessionSettings.INTRA_OP_THREADS, Integer.toString(threads))
                .build()
                .loadModel();
        this.predictor = model.newPredictor();
        this.inputs = inputs;
        this.json = json;
    }

    @Override
    public long run(int[] which, int batch) {
        List<I> chosen = DjliftBench.chosen(inputs, which);
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
