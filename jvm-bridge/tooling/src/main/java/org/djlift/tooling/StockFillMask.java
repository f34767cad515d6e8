package org.djlift.tooling;

import ai.djl.huggingface.translator.FillMaskTranslatorFactory;
import ai.djl.modality.Classifications;
import ai.djl.translate.TranslatorFactory;

import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;

/** Fill-mask in plain DJL: tokens and scores of a single mask. */
final class StockFillMask implements StockTasks.Side<String, Classifications> {

    @Override
    public TranslatorFactory factory() {
        return new FillMaskTranslatorFactory();
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
        return json.text("text");
    }

    @Override
    public String json(Classifications output) {
        StringBuilder line = new StringBuilder("{\"masks\":[[");
        String between = "";
        for (int i = 0; i < output.getClassNames().size(); i++) {
            line.append(between)
                    .append("{\"score\":")
                    .append(Json.number(output.getProbabilities().get(i)));
            line.append(",\"token_str\":")
                    .append(Json.quoted(output.getClassNames().get(i)))
                    .append('}');
            between = ",";
        }
        return line.append("]]}").toString();
    }
}
