package org.djlift.tooling;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.huggingface.translator.TokenClassificationTranslatorFactory;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.djlift.internal.graph.Graphs;
import org.djlift.internal.tokenizer.Native;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Internal: what plain DJL gives from an archive, for the Python tooling. Nothing of djlift takes part: DJL's own
 * Criteria, its own translator, and the NDArray operators of whichever engine DJL finds beside ONNX Runtime.
 */
public final class StockDoor {

    private StockDoor() {}

    /**
     * Classifies texts as a user of plain DJL would, one call a text.
     *
     * @param folder an unpacked archive
     * @param strategy what the argument {@code aggregation_strategy} is set to
     * @return a JSON line for each text: {@code entities} with label, score, start and end as DJL gives them, or
     *     {@code error} with what it threw
     */
    public static String[] classifyJson(Path folder, String strategy, String[] texts)
            throws IOException, ModelNotFoundException, MalformedModelException {
        Criteria<String, NamedEntity[]> criteria =
                criteria(folder, strategy).optDevice(Device.cpu()).build();
        String[] lines = new String[texts.length];
        try (ZooModel<String, NamedEntity[]> model = criteria.loadModel();
                Predictor<String, NamedEntity[]> predictor = model.newPredictor()) {
            for (int i = 0; i < lines.length; i++) {
                lines[i] = line(predictor, texts[i]);
            }
        }
        return lines;
    }

    /** What a user of plain DJL would write; the device is left to the caller. */
    static Criteria.Builder<String, NamedEntity[]> criteria(Path folder, String strategy) {
        Native.load();
        return Criteria.builder()
                .setTypes(String.class, NamedEntity[].class)
                .optModelPath(folder)
                .optEngine(Graphs.ENGINE)
                .optTranslatorFactory(new TokenClassificationTranslatorFactory())
                .optArgument("aggregation_strategy", strategy);
    }

    private static String line(Predictor<String, NamedEntity[]> predictor, String text) {
        try {
            return line(predictor.predict(text));
        } catch (TranslateException | RuntimeException e) {
            return line(e);
        }
    }

    static String line(NamedEntity[] found) {
        JsonArray entities = new JsonArray();
        for (NamedEntity entity : found) {
            entities.add(json(entity));
        }
        JsonObject line = new JsonObject();
        line.add("entities", entities);
        return line.toString();
    }

    static String line(Exception thrown) {
        JsonObject line = new JsonObject();
        line.addProperty("error", said(thrown));
        return line.toString();
    }

    private static JsonObject json(NamedEntity entity) {
        JsonObject json = new JsonObject();
        json.addProperty("label", entity.getEntity());
        // JSON has no NaN.
        json.addProperty("score", Float.isFinite(entity.getScore()) ? entity.getScore() : null);
        json.addProperty("start", entity.getStart());
        json.addProperty("end", entity.getEnd());
        return json;
    }

    /** The deepest cause in one line: DJL wraps everything in a TranslateException. */
    private static String said(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return root.getClass().getSimpleName()
                + (message == null ? "" : ": " + message.lines().findFirst().orElse(""));
    }
}
