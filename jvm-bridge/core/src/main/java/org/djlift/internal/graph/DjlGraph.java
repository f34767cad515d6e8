package org.djlift.internal.graph;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A graph in DJL's ONNX Runtime engine. No operator of NDArray is used: there, they belong to another engine. Nor is a
 * predictor, which serves one thread at a time and makes more objects than a run needs.
 */
final class DjlGraph implements Graph {

    /** An ONNX graph carries its weights; DJL asks for a store of parameters all the same. */
    private final ParameterStore noParameters = new ParameterStore();

    private final Model model;
    private final OutputForm form;
    private final List<String> inputs;
    private final Room.Pool rooms = new Room.Pool();

    DjlGraph(Path directory, OutputForm form, SessionSettings settings) throws IOException {
        this.form = form;
        // Not by Criteria: its loader also looks for code beside the model.
        this.model = Model.newInstance(Graphs.MODEL, Device.cpu(), Graphs.ENGINE);
        // DJL adds nothing to options that are made already.
        try (SessionOptions session = OrtOptions.of(settings)) {
            Map<String, ?> options = Map.of("sessionOptions", session);
            if (ModelFile.canBeOpened(directory)) {
                model.load(directory, Graphs.MODEL, options);
            } else {
                model.load(new ByteArrayInputStream(ModelFile.bytes(directory)), options);
            }
            this.inputs = GraphInputs.checked(model.getBlock().describeInput().keys());
        } catch (MalformedModelException | OrtException | RuntimeException | IOException e) {
            model.close();
            throw failure(directory, e);
        }
    }

    private static IOException failure(Path directory, Exception e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new IOException(directory.resolve(ModelFile.NAME) + " cannot be loaded: " + root.getMessage(), e);
    }

    @Override
    public List<String> inputs() {
        return inputs;
    }

    @Override
    public List<Logits> run(Batch batch) {
        Room room = rooms.take();
        try (NDManager manager = model.getNDManager().newSubManager()) {
            NDList outputs = model.getBlock().forward(noParameters, batch.toNDList(manager, inputs, room), false);
            return DjlOutputs.read(batch, form, outputs);
        } catch (EngineException e) {
            throw new EngineException("model.onnx failed on a batch of " + batch.size() + " x " + batch.width(), e);
        } finally {
            rooms.give(room);
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
