package org.djlift.tooling;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;

import org.djlift.internal.graph.Graphs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;

/** Internal: one matrix product in the ONNX Runtime that djlift runs on: what this machine can reach at most. */
public final class BenchGemm implements AutoCloseable {

    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs;

    /**
     * @param model an ONNX graph with one input of floats, {@code rows x inner}
     * @param threads within the operator; 0 lets ONNX Runtime choose
     */
    public BenchGemm(byte[] model, int rows, int inner, int threads) throws OrtException {
        // DJL's engine first: an environment made before it would break it.
        Graphs.engineStarts();
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (SessionOptions options = new SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            session = environment.createSession(model, options);
        }
        FloatBuffer values = ByteBuffer.allocateDirect(Math.multiplyExact(rows * Float.BYTES, inner))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        Random random = new Random(0);
        while (values.hasRemaining()) {
            values.put(random.nextFloat() - 0.5f);
        }
        values.rewind();
        inputs = Map.of(
                session.getInputNames().iterator().next(),
                OnnxTensor.createTensor(environment, values, new long[] {rows, inner}));
    }

    /** Multiplies so often; nanoseconds of each. */
    public long[] run(int times) throws OrtException {
        long[] nanos = new long[times];
        for (int i = 0; i < times; i++) {
            long start = System.nanoTime();
            session.run(inputs).close();
            nanos[i] = System.nanoTime() - start;
        }
        return nanos;
    }

    @Override
    public void close() throws OrtException {
        inputs.values().forEach(OnnxTensor::close);
        session.close();
    }
}
