package org.djlift.tooling;

import ai.djl.huggingface.translator.ZeroShotClassificationTranslatorFactory;
import ai.djl.modality.nlp.translator.ZeroShotClassificationInput;
import ai.djl.modality.nlp.translator.ZeroShotClassificationOutput;
import ai.djl.translate.TranslatorFactory;

import org.djlift.data.ZeroShotResult;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.base.Template;
import org.djlift.internal.tasks.ZeroShotTask;

import java.util.Arrays;

/** Zero-shot classification in plain DJL, which takes its settings with each input. */
final class StockZeroShot implements StockTasks.Side<ZeroShotClassificationInput, ZeroShotClassificationOutput> {

    @Override
    public TranslatorFactory factory() {
        return new ZeroShotClassificationTranslatorFactory();
    }

    @Override
    public Class<ZeroShotClassificationInput> input() {
        return ZeroShotClassificationInput.class;
    }

    @Override
    public Class<ZeroShotClassificationOutput> output() {
        return ZeroShotClassificationOutput.class;
    }

    @Override
    public ZeroShotClassificationInput read(Parameters json) {
        return read(json, Parameters.none());
    }

    @Override
    public ZeroShotClassificationInput read(Parameters json, Parameters arguments) {
        return new ZeroShotClassificationInput(
                json.text("text"),
                json.texts(ZeroShotTask.LABELS).toArray(new String[0]),
                arguments.text(ZeroShotTask.MULTI_LABEL, "false").equals("true"),
                arguments.text(Template.PARAMETER, Template.DEFAULT));
    }

    @Override
    public String json(ZeroShotClassificationOutput output) {
        double[] scores = output.getScores();
        float[] floats = new float[scores.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) scores[i];
        }
        String text = output.getSequence();
        return new ZeroShotTask().json(new ZeroShotResult(text, Arrays.asList(output.getLabels()), floats));
    }
}
