package org.djlift.tooling;

import ai.djl.huggingface.translator.TextEmbeddingTranslatorFactory;
import ai.djl.translate.TranslatorFactory;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.EmbeddingTask;

/** Text embedding in plain DJL: one pooling, a dense layer, normalization. */
final class StockEmbedding implements StockTasks.Side<String, float[]> {

    @Override
    public TranslatorFactory factory() {
        return new TextEmbeddingTranslatorFactory();
    }

    @Override
    public Class<String> input() {
        return String.class;
    }

    @Override
    public Class<float[]> output() {
        return float[].class;
    }

    @Override
    public String read(Parameters json) {
        return json.text("text");
    }

    @Override
    public String json(float[] output) {
        return new EmbeddingTask().json(output);
    }
}
