package org.djlift.internal.tasks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.djlift.data.LabelScore;
import org.djlift.data.ScoreFunction;
import org.djlift.data.TextPair;
import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.Task;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** text-classification, as transformers' {@code TextClassificationPipeline} does it. */
public final class ClassificationTask implements Task<TextPair, List<LabelScore>> {

    public static final String TOP_K = "top_k";
    public static final String FUNCTION = "function_to_apply";

    @Override
    public String name() {
        return "text-classification";
    }

    @Override
    public OutputForm form() {
        return OutputForm.ROW;
    }

    @Override
    public Set<String> parameters() {
        return Set.of(TOP_K, FUNCTION);
    }

    @Override
    public TextPair input(Parameters json) {
        json.only(Set.of("text", "text_pair"));
        return TextPair.of(json.text("text"), json.text("text_pair", null));
    }

    @Override
    public String json(List<LabelScore> output) {
        StringBuilder line = new StringBuilder("{\"labels\":[");
        String between = "";
        for (LabelScore one : output) {
            line.append(between).append("{\"label\":").append(Json.quoted(one.label()));
            line.append(",\"score\":").append(Json.number(one.score())).append('}');
            between = ",";
        }
        return line.append("]}").toString();
    }

    @Override
    public Bound<TextPair, List<LabelScore>> bind(ModelFolder folder, Tokenization tokenization) throws IOException {
        List<String> labels = folder.labels();
        ScoreFunction function = function(folder.config(), labels.size());
        return parameters -> new Classifying(tokenization, labels, function, parameters);
    }

    /** What the pipeline applies where nobody says anything. */
    private static ScoreFunction function(JsonObject config, int labels) {
        JsonElement type = config.get("problem_type");
        switch (type == null || type.isJsonNull() ? "" : type.getAsString()) {
            case "regression":
                return ScoreFunction.NONE;
            case "multi_label_classification":
                return ScoreFunction.SIGMOID;
            default:
                return labels == 1 ? ScoreFunction.SIGMOID : ScoreFunction.SOFTMAX;
        }
    }

    /** One call's way from texts to labels. */
    private static final class Classifying implements Codec<TextPair, List<LabelScore>> {

        private final Tokenization tokenization;
        private final List<String> labels;
        private final ScoreFunction function;
        private final int top;

        Classifying(Tokenization tokenization, List<String> labels, ScoreFunction function, Parameters parameters) {
            this.tokenization = tokenization;
            this.labels = labels;
            String named = parameters.text(FUNCTION, null);
            this.function = named == null ? function : ScoreFunction.of(named);
            this.top = parameters.isNull(TOP_K) ? labels.size() : parameters.number(TOP_K, 1);
            if (top < 1) {
                throw new IllegalArgumentException("expected at least 1 for '" + TOP_K + "', or null, found " + top);
            }
        }

        @Override
        public List<Encoded> encode(TextPair input) {
            // To transformers' tokenizers an empty second text of a single input is none.
            String pair = input.pair().filter(second -> !second.isEmpty()).orElse(null);
            return tokenization.windows(input.text(), pair, tokenization.limit());
        }

        @Override
        public OutputForm form() {
            return OutputForm.ROW;
        }

        @Override
        public int columns() {
            return labels.size();
        }

        @Override
        public List<LabelScore> decode(TextPair input, List<Encoded> windows, List<Logits> outputs) {
            Logits logits = outputs.get(0);
            if (logits == null) {
                throw new IllegalStateException("expected tokens, found none: the model has nothing to look at");
            }
            if (logits.columns() != labels.size()) {
                throw new IllegalStateException(
                        "config.json names " + labels.size() + " labels, model.onnx gives " + logits.columns());
            }
            float[] scores = logits.copy();
            Scores.apply(function, scores);
            List<LabelScore> found = new ArrayList<>(scores.length);
            for (int i = 0; i < scores.length; i++) {
                found.add(new LabelScore(labels.get(i), scores[i]));
            }
            // Stable, as Python's: equal scores stay in the order of the labels.
            found.sort((a, b) -> Scores.highestFirst(a.score(), b.score()));
            return found.size() > top ? new ArrayList<>(found.subList(0, top)) : found;
        }

        @Override
        public long size(TextPair input) {
            return (long) input.text().length()
                    + input.pair().map(String::length).orElse(0);
        }

        @Override
        public List<LabelScore> copy(List<LabelScore> output) {
            return new ArrayList<>(output);
        }
    }
}
