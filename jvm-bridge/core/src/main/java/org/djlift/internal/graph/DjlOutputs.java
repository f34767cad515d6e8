package org.djlift.internal.graph;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.onnxruntime.engine.OrtNDArray;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Reads what DJL's engine answers. */
public final class DjlOutputs {

    private DjlOutputs() {}

    /** The logits of each row of a batch. */
    public static List<Logits> read(Batch batch, OutputForm form, NDList outputs) {
        List<String> names = outputs.stream().map(NDArray::getName).collect(Collectors.toList());
        List<float[]> values = new ArrayList<>(2);
        List<long[]> shapes = new ArrayList<>(2);
        for (int output : form.outputs(names)) {
            NDArray logits = outputs.get(output);
            // toFloatArray would copy them twice.
            values.add(
                    logits instanceof OrtNDArray
                            ? Outputs.floats(((OrtNDArray) logits).getTensor())
                            : logits.toFloatArray());
            shapes.add(logits.getShape().getShape());
        }
        return Outputs.logits(batch, form, values, shapes);
    }
}
