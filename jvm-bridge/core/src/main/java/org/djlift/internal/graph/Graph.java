package org.djlift.internal.graph;

import java.util.List;

/** A loaded model.onnx. Thread-safe. */
public interface Graph extends AutoCloseable {

    /** The names of its inputs, in its order, all of them known. */
    List<String> inputs();

    /** Runs a batch; answers the logits of each row. */
    List<Logits> run(Batch batch);

    @Override
    void close();
}
