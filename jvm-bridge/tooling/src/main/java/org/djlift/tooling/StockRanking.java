package org.djlift.tooling;

import ai.djl.huggingface.translator.TextClassificationTranslatorFactory;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.StringPair;

import org.djlift.data.RankingOutput;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.RankingTask;

/** Cross-encoders in plain DJL: pairs, by its text classification with the argument {@code reranking}. */
final class StockRanking implements StockTasks.Side<StringPair, float[]> {

    @Override
    public TranslatorFactory factory() {
        return new TextClassificationTranslatorFactory();
    }

    @Override
    public Class<StringPair> input() {
        return StringPair.class;
    }

    @Override
    public Class<float[]> output() {
        return float[].class;
    }

    @Override
    public StringPair read(Parameters json) {
        if (json.has("documents")) {
            throw new IllegalArgumentException("plain DJL ranks nothing");
        }
        return new StringPair(json.text("query"), json.text("text"));
    }

    @Override
    public String json(float[] output) {
        return new RankingTask().json(RankingOutput.ofPair(output));
    }
}
