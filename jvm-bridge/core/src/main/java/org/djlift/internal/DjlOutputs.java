package org.djlift.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

import java.util.List;
import java.util.stream.Collectors;

/** Reads what DJL's engine answers. */
public final class DjlOutputs {

    private DjlOutputs() {}

    /** The logits of each row of a batch. */
    public static List<Logits> read(Batch batch, NDList outputs) {
        List<String> names = outputs.stream().map(NDArray::getName).collect(Collectors.toList());
        NDArray logits = outputs.get(GraphInputs.output(names));
        return Outputs.logits(batch, logits.toFloatArray(), logits.getShape().getShape());
    }
}
