package org.djlift.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.onnxruntime.engine.OrtNDArray;

import java.util.List;
import java.util.stream.Collectors;

/** Reads what DJL's engine answers. */
public final class DjlOutputs {

    private DjlOutputs() {}

    /** The logits of each row of a batch. */
    public static List<Logits> read(Batch batch, NDList outputs) {
        List<String> names = outputs.stream().map(NDArray::getName).collect(Collectors.toList());
        NDArray logits = outputs.get(GraphInputs.output(names));
        // toFloatArray would copy them twice.
        float[] values = logits instanceof OrtNDArray
                ? Outputs.floats(((OrtNDArray) logits).getTensor())
                : logits.toFloatArray();
        return Outputs.logits(batch, values, logits.getShape().getShape());
    }
}
