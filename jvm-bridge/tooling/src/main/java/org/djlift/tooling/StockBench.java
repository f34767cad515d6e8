package org.djlift.tooling;

import ai.djl.MalformedModelException;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.ModelNotFoundException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Internal: plain DJL's side of {@code djlift bench} for token classification, by its own translator. */
public final class StockBench extends StockTaskBench<String, NamedEntity[]> {

    /**
     * @param folder an unpacked archive
     * @param strategy what the argument {@code aggregation_strategy} is set to
     * @param device as DJL names it
     * @param threads within an operator of ONNX Runtime; 0 lets it choose
     * @param texts all texts that will be run
     */
    public StockBench(Path folder, String strategy, String device, int threads, String[] texts)
            throws IOException, ModelNotFoundException, MalformedModelException {
        super(StockDoor.criteria(folder, strategy), device, threads, Arrays.asList(texts), StockDoor::line);
    }
}
