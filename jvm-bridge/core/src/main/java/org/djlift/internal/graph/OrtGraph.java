package org.djlift.internal.graph;

import ai.djl.engine.EngineException;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;

import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A graph straight in ONNX Runtime, for JVMs in which DJL's engine cannot start. */
public final class OrtGraph implements Graph {

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final List<String> inputs;
    private final OutputForm form;
    private final int[] outputs;
    private final Room.Pool rooms = new Room.Pool();

    public OrtGraph(Path directory, OutputForm form, SessionSettings settings) throws IOException {
        this.form = form;
        String file = directory.resolve(ModelFile.NAME).toString();
        OrtSession made = null;
        try {
            environment = OrtEnvironment.getEnvironment();
            // Not before the environment: with it comes the native library.
            try (SessionOptions options = OrtOptions.of(settings)) {
                made = ModelFile.canBeOpened(directory)
                        ? environment.createSession(file, options)
                        : environment.createSession(ModelFile.bytes(directory), options);
            }
            inputs = GraphInputs.checked(made.getInputNames());
            outputs = form.outputs(new ArrayList<>(made.getOutputNames()));
            session = made;
        } catch (OrtException e) {
            closed(made);
            throw new IOException(file + " cannot be loaded: " + e.getMessage(), e);
        } catch (LinkageError e) {
            throw new IllegalStateException("ONNX Runtime's native library cannot be loaded: " + e, e);
        } catch (IOException | RuntimeException e) {
            closed(made);
            throw e;
        }
    }

    /** Closes a session, if there is one. */
    private static void closed(OrtSession session) {
        if (session != null) {
            try {
                session.close();
            } catch (OrtException e) {
                throw new EngineException(e);
            }
        }
    }

    @Override
    public List<String> inputs() {
        return inputs;
    }

    @Override
    public List<Logits> run(Batch batch) {
        long[] shape = {batch.size(), batch.width()};
        Map<String, OnnxTensor> tensors = new HashMap<>();
        Room room = rooms.take();
        try {
            for (Map.Entry<String, LongBuffer> input :
                    batch.inputs(inputs, room).entrySet()) {
                tensors.put(input.getKey(), OnnxTensor.createTensor(environment, input.getValue(), shape));
            }
            try (OrtSession.Result result = session.run(tensors)) {
                List<float[]> values = new ArrayList<>(2);
                List<long[]> shapes = new ArrayList<>(2);
                for (int output : outputs) {
                    OnnxTensor logits = (OnnxTensor) result.get(output);
                    values.add(Outputs.floats(logits));
                    shapes.add(logits.getInfo().getShape());
                }
                return Outputs.logits(batch, form, values, shapes);
            }
        } catch (OrtException e) {
            throw new EngineException("model.onnx failed on a batch of " + batch.size() + " x " + batch.width(), e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
            rooms.give(room);
        }
    }

    @Override
    public void close() {
        closed(session);
    }
}
