package org.djlift.internal.graph;

import ai.onnxruntime.OnnxTensor;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** From the output of a run to the logits of each row. */
public final class Outputs {

    /** ONNX Runtime hands bytes over, in one buffer of Java. */
    private static final long MOST = Integer.MAX_VALUE / Float.BYTES;

    private Outputs() {}

    /** The floats of an output, copied out of ONNX Runtime's memory once. */
    static float[] floats(OnnxTensor output) {
        long numbers = output.getInfo().getNumElements();
        if (numbers > MOST) {
            throw new IllegalStateException("model.onnx gives " + numbers + " numbers for a text, expected at most "
                    + MOST + ", which is what Java reads at once: make the text shorter");
        }
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

    /** @param shapes of each output that the form names */
    static void check(Batch batch, OutputForm form, List<long[]> shapes) {
        for (long[] shape : shapes) {
            boolean good = shape.length == form.rank
                    && shape[0] == batch.size()
                    && (form == OutputForm.ROW || shape[1] == batch.width());
            if (!good) {
                String tokens = form == OutputForm.ROW ? "" : ", " + batch.width();
                String labels = form == OutputForm.SPANS ? "" : ", labels";
                throw new IllegalStateException(
                        "model.onnx does not give what its task needs: expected logits of shape [" + batch.size()
                                + tokens + labels + "], found " + Arrays.toString(shape));
            }
        }
    }

    /**
     * The logits of each row of a batch; whole ones share the array, so nothing is copied again.
     *
     * @param outputs the values of each output that the form names
     */
    static List<Logits> logits(Batch batch, OutputForm form, List<float[]> outputs, List<long[]> shapes) {
        check(batch, form, shapes);
        long[] shape = shapes.get(0);
        switch (form) {
            case ROW:
                return rows(batch, outputs.get(0), (int) shape[1]);
            case SPANS:
                return batch.logits(stacked(outputs.get(0), outputs.get(1)), 2);
            default:
                return batch.logits(outputs.get(0), (int) shape[2]);
        }
    }

    private static List<Logits> rows(Batch batch, float[] output, int columns) {
        List<Logits> rows = new ArrayList<>(batch.size());
        for (int row = 0; row < batch.size(); row++) {
            rows.add(new Logits(output, row * columns, 1, columns));
        }
        return rows;
    }

    private static float[] stacked(float[] starts, float[] ends) {
        float[] both = new float[2 * starts.length];
        for (int i = 0; i < starts.length; i++) {
            both[2 * i] = starts[i];
            both[2 * i + 1] = ends[i];
        }
        return both;
    }
}
