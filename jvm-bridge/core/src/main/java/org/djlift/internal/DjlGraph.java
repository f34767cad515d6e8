package org.djlift.internal;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A graph in DJL's ONNX Runtime engine. No operator of NDArray is used: there, they belong to another engine. */
final class DjlGraph implements Graph {

    private final Model model;
    private final List<String> inputs;
    /** A predictor serves one thread at a time; the session under it serves all. */
    private final Queue<Predictor<NDList, NDList>> idle = new ConcurrentLinkedQueue<>();

    DjlGraph(Path directory, SessionSettings settings) throws IOException {
        // Not by Criteria: its loader also looks for code beside the model.
        this.model = Model.newInstance(Graphs.MODEL, settings.device(), Graphs.ENGINE);
        try {
            if (ModelFile.canBeOpened(directory)) {
                model.load(directory, Graphs.MODEL, settings.options());
            } else {
                model.load(new ByteArrayInputStream(ModelFile.bytes(directory)), settings.options());
            }
            this.inputs = GraphInputs.checked(model.getBlock().describeInput().keys());
        } catch (MalformedModelException | RuntimeException | IOException e) {
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
        Predictor<NDList, NDList> predictor = idle.poll();
        if (predictor == null) {
            predictor = model.newPredictor(new NoopTranslator());
        }
        try (NDManager manager = model.getNDManager().newSubManager()) {
            return DjlOutputs.read(batch, predictor.predict(batch.toNDList(manager, inputs)));
        } catch (TranslateException e) {
            throw new EngineException("model.onnx failed on a batch of " + batch.size() + " x " + batch.width(), e);
        } finally {
            idle.add(predictor);
        }
    }

    @Override
    public void close() {
        idle.forEach(Predictor::close);
        model.close();
    }
}
