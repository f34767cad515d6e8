package org.djlift.tooling;

import ai.djl.huggingface.translator.TextClassificationTranslatorFactory;
import ai.djl.modality.Classifications;
import ai.djl.translate.TranslatorFactory;

import org.djlift.data.LabelScore;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.ClassificationTask;
import org.djlift.internal.tasks.Scores;

import java.util.ArrayList;
import java.util.List;

/** Text classification in plain DJL: single texts, all labels. */
final class StockClassification implements StockTasks.Side<String, Classifications> {

    @Override
    public TranslatorFactory factory() {
        return new TextClassificationTranslatorFactory();
    }

    @Override
    public Class<String> input() {
        return String.class;
    }

    @Override
    public Class<Classifications> output() {
        return Classifications.class;
    }

    @Override
    public String read(Parameters json) {
        if (json.text("text_pair", null) != null) {
            throw new IllegalArgumentException("plain DJL classifies no pairs");
        }
        return json.text("text");
    }

    @Override
    public String json(Classifications output) {
        List<LabelScore> labels = new ArrayList<>();
        for (int i = 0; i < output.getClassNames().size(); i++) {
            float score = output.getProbabilities().get(i).floatValue();
            labels.add(new LabelScore(output.getClassNames().get(i), score));
        }
        labels.sort((a, b) -> Scores.highestFirst(a.score(), b.score()));
        return new ClassificationTask().json(labels);
    }
}
