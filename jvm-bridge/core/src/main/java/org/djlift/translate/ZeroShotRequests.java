package org.djlift.translate;

import ai.djl.modality.Input;
import ai.djl.modality.nlp.translator.ZeroShotClassificationInput;
import ai.djl.modality.nlp.translator.ZeroShotClassificationOutput;
import ai.djl.translate.TranslateException;

import com.google.gson.JsonElement;

import org.djlift.data.ZeroShotInput;
import org.djlift.data.ZeroShotResult;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.base.Template;
import org.djlift.internal.tasks.ZeroShotTask;
import org.djlift.translate.ServingTranslator.Asked;

import java.util.Arrays;
import java.util.Set;

/** DJL's inputs and outputs of zero-shot classification, and requests of DJL Serving. */
final class ZeroShotRequests {

    private static final String TEXT = "text";
    private static final String CANDIDATES = "candidate_labels";
    private static final String LABELS = ZeroShotTask.LABELS;
    private static final String TEMPLATE = Template.PARAMETER;
    private static final String MULTI_LABEL = ZeroShotTask.MULTI_LABEL;

    private ZeroShotRequests() {}

    static ZeroShotInput input(ZeroShotClassificationInput given) {
        String[] candidates = given.getCandidates();
        ZeroShotInput input = candidates == null || candidates.length == 0
                ? ZeroShotInput.of(given.getText())
                : ZeroShotInput.of(given.getText(), Arrays.asList(candidates));
        // Theirs where it may have been said.
        if (!given.getHypothesisTemplate().equals(Template.DEFAULT)) {
            input = input.withTemplate(given.getHypothesisTemplate());
        }
        return given.isMultiLabel() ? input.withMultiLabel(true) : input;
    }

    static ZeroShotClassificationOutput output(ZeroShotResult result) {
        float[] scores = result.scores();
        double[] doubles = new double[scores.length];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = scores[i];
        }
        return new ZeroShotClassificationOutput(result.text(), result.labels().toArray(new String[0]), doubles);
    }

    /** An object, a list of them, or an object with either as {@code inputs}. */
    static Asked<ZeroShotInput> read(Input input) throws TranslateException {
        return Requests.read(input, ZeroShotRequests::one);
    }

    private static ZeroShotInput one(JsonElement json) throws TranslateException {
        try {
            if (!json.isJsonObject()) {
                throw new IllegalArgumentException("something else");
            }
            Parameters given =
                    Parameters.parse(json.toString()).only(Set.of(TEXT, CANDIDATES, LABELS, TEMPLATE, MULTI_LABEL));
            String key = given.has(CANDIDATES) ? CANDIDATES : LABELS;
            boolean named = given.has(key) && !given.isNull(key);
            ZeroShotInput input =
                    named ? ZeroShotInput.of(given.text(TEXT), given.texts(key)) : ZeroShotInput.of(given.text(TEXT));
            String template = given.text(TEMPLATE, null);
            if (template != null) {
                input = input.withTemplate(template);
            }
            boolean says = given.has(MULTI_LABEL) && !given.isNull(MULTI_LABEL);
            return says ? input.withMultiLabel(given.flag(MULTI_LABEL, false)) : input;
        } catch (IllegalArgumentException e) {
            throw new TranslateException(
                    "expected a JSON object with text and candidate_labels, found " + e.getMessage(), e);
        }
    }
}
