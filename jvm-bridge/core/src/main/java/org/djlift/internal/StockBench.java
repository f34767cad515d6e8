package org.djlift.internal;

import ai.djl.MalformedModelException;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Internal: plain DJL's side of {@code djlift bench}: its own translator, {@code batchPredict} in the order given. */
public final class StockBench implements BenchSide {

    private final ZooModel<String, NamedEntity[]> model;
    private final Predictor<String, NamedEntity[]> predictor;
    private final String[] texts;
    /** Of each text, its entities or what was thrown. */
    private List<Object> found = List.of();

    /**
     * @param folder an unpacked archive
     * @param strategy what the argument {@code aggregation_strategy} is set to
     * @param device as DJL names it
     * @param threads within an operator of ONNX Runtime; 0 lets it choose
     * @param texts all texts that will be run
     */
    public StockBench(Path folder, String strategy, String device, int threads, String[] texts)
            throws IOException, ModelNotFoundException, MalformedModelException {
        this.texts = texts;
        model = StockDoor.criteria(folder, strategy)
                .optDevice(SessionSettings.device(device))
                .optOption(SessionSettings.INTRA_OP_THREADS, Integer.toString(threads))
                .build()
                .loadModel();
        predictor = model.newPredictor();
    }

    @Override
    public long run(int[] which, int batch) {
        List<String> chosen = BenchDoor.chosen(texts, which);
        List<Object> all = new ArrayList<>(chosen.size());
        long start = System.nanoTime();
        for (int first = 0; first < chosen.size(); first += batch) {
            List<String> part = chosen.subList(first, Math.min(chosen.size(), first + batch));
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
                predictor.predict(texts[which[i]]);
            } catch (TranslateException | RuntimeException e) {
                // It is an answer that differs, which run() shows.
            }
            times[i] = System.nanoTime() - start;
        }
        return times;
    }

    @Override
    public String[] answers() {
        return found.stream()
                .map(one -> one instanceof Exception
                        ? StockDoor.line((Exception) one)
                        : StockDoor.line((NamedEntity[]) one))
                .toArray(String[]::new);
    }

    @Override
    public void close() {
        predictor.close();
        model.close();
    }
}
