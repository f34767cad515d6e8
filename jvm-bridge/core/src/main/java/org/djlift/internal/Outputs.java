package org.djlift.internal;

import ai.onnxruntime.OnnxTensor;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** From the output of a run to the logits of each row. */
public final class Outputs {

    private static final int RANK = 3;

    private Outputs() {}

    /** The floats of an output, copied out of ONNX Runtime's memory once. */
    static float[] floats(OnnxTensor output) {
        FloatBuffer values = output.getFloatBuffer();
        if (values == null) {
            throw new IllegalStateException("model.onnx gives " + output.getInfo() + ", expected floats");
        }
        if (values.hasArray() && values.array().length == values.remaining()) {
            return values.array();
        }
        float[] all = new float[values.remaining()];
        values.get(all);
        return all;
    }

    /** @param shape must be rows, tokens, labels. */
    public static List<Logits> logits(Batch batch, float[] output, long[] shape) {
        if (shape.length != RANK || shape[0] != batch.size() || shape[1] != batch.width()) {
            throw new IllegalStateException(
                    "model.onnx is no token classifier: expected logits of shape [" + batch.size() + ", "
                            + batch.width() + ", labels], found " + Arrays.toString(shape));
        }
        List<Logits> rows = new ArrayList<>(batch.size());
        for (int row = 0; row < batch.size(); row++) {
            rows.add(batch.logits(output, row, (int) shape[2]));
        }
        return rows;
    }
}
