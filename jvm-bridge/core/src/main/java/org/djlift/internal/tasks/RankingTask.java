package org.djlift.internal.tasks;

import org.djlift.data.RankedText;
import org.djlift.data.RankingInput;
import org.djlift.data.RankingOutput;
import org.djlift.data.ScoreFunction;
import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.base.Printable;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.Task;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** text-ranking, as sentence-transformers' {@code CrossEncoder} does it: {@code predict} and {@code rank}. */
public final class RankingTask implements Task<RankingInput, RankingOutput> {

    public static final String FUNCTION = "function_to_apply";
    public static final String SOFTMAX = "apply_softmax";
    public static final String TOP_K = "top_k";
    public static final String PROMPT = "prompt";

    private static final String QUERY = "query";
    private static final String TEXT = "text";
    private static final String DOCUMENTS = "documents";

    @Override
    public String name() {
        return "text-ranking";
    }

    @Override
    public OutputForm form() {
        return OutputForm.ROW;
    }

    @Override
    public Set<String> parameters() {
        return Set.of(FUNCTION, SOFTMAX, TOP_K, PROMPT);
    }

    @Override
    public RankingInput input(Parameters json) {
        json.only(Set.of(QUERY, TEXT, DOCUMENTS));
        if (json.has(TEXT) == json.has(DOCUMENTS)) {
            throw new IllegalArgumentException("expected either '" + TEXT + "' or '" + DOCUMENTS + "' beside '" + QUERY
                    + "', found " + (json.has(TEXT) ? "both" : "none"));
        }
        String query = json.text(QUERY);
        return json.has(TEXT)
                ? RankingInput.pair(query, json.text(TEXT))
                : RankingInput.documents(query, json.texts(DOCUMENTS));
    }

    @Override
    public String json(RankingOutput output) {
        if (!output.isRanking()) {
            float[] scores = output.scores();
            if (scores.length == 1) {
                return "{\"score\":" + Json.number(scores[0]) + "}";
            }
            List<String> numbers = new ArrayList<>(scores.length);
            for (float score : scores) {
                numbers.add(Json.number(score));
            }
            return "{\"scores\":[" + String.join(",", numbers) + "]}";
        }
        return output.ranking().stream()
                .map(one -> "{\"index\":" + one.index() + ",\"score\":" + Json.number(one.score()) + "}")
                .collect(Collectors.joining(",", "{\"ranking\":[", "]}"));
    }

    @Override
    public Bound<RankingInput, RankingOutput> bind(ModelFolder folder, Tokenization tokenization) throws IOException {
        int columns = folder.labels().size();
        return parameters -> new Scoring(tokenization, columns, parameters);
    }

    /** One call's way from texts to scores. */
    private static final class Scoring implements Codec<RankingInput, RankingOutput> {

        private final Tokenization tokenization;
        private final int columns;
        private final ScoreFunction function;
        private final boolean softmax;
        private final int top;
        private final String prompt;

        Scoring(Tokenization tokenization, int columns, Parameters parameters) {
            this.tokenization = tokenization;
            this.columns = columns;
            // What the CrossEncoder takes where nobody says anything.
            String otherwise = (columns == 1 ? ScoreFunction.SIGMOID : ScoreFunction.NONE).toString();
            String named = parameters.text(FUNCTION, otherwise);
            if (!named.equals("sigmoid") && !named.equals("none")) {
                throw new IllegalArgumentException(
                        "expected sigmoid or none for '" + FUNCTION + "', found " + Printable.text(named));
            }
            this.function = ScoreFunction.of(named);
            this.softmax = parameters.flag(SOFTMAX, false);
            this.top = parameters.number(TOP_K, Integer.MAX_VALUE);
            if (top < 1) {
                throw new IllegalArgumentException("expected at least 1 for '" + TOP_K + "', or null, found " + top);
            }
            this.prompt = parameters.text(PROMPT, "");
        }

        /** The texts that are run: equal ones once, so that they have one score. */
        private static List<String> texts(RankingInput input) {
            return new ArrayList<>(new LinkedHashSet<>(input.texts()));
        }

        @Override
        public List<Encoded> encode(RankingInput input) {
            if (input.isRanking() && columns != 1) {
                throw new IllegalArgumentException("expected a model of one score to rank by, found one of " + columns);
            }
            List<Encoded> windows = new ArrayList<>();
            for (String text : texts(input)) {
                windows.addAll(tokenization.windows(prompt + input.query(), text, tokenization.limit()));
            }
            return windows;
        }

        @Override
        public OutputForm form() {
            return OutputForm.ROW;
        }

        @Override
        public int columns() {
            return columns;
        }

        @Override
        public RankingOutput decode(RankingInput input, List<Encoded> windows, List<Logits> outputs) {
            if (!input.isRanking()) {
                return RankingOutput.ofPair(scores(outputs.get(0)));
            }
            Map<String, Float> byText = new HashMap<>();
            List<String> run = texts(input);
            for (int i = 0; i < run.size(); i++) {
                byText.put(run.get(i), scores(outputs.get(i))[0]);
            }
            List<RankedText> ranking = new ArrayList<>();
            for (String text : input.texts()) {
                ranking.add(new RankedText(ranking.size(), byText.get(text)));
            }
            // Stable, as Python's: of equal scores the earlier text first.
            ranking.sort((a, b) -> Scores.highestFirst(a.score(), b.score()));
            return RankingOutput.ofRanking(ranking.subList(0, Math.min(top, ranking.size())));
        }

        private float[] scores(Logits logits) {
            if (logits == null || logits.columns() != columns) {
                throw new IllegalStateException("config.json names " + columns + " labels, model.onnx gives "
                        + (logits == null ? "none" : logits.columns()));
            }
            float[] scores = logits.copy();
            Scores.apply(function, scores);
            // Over one score the CrossEncoder applies none.
            if (softmax && columns > 1) {
                Scores.apply(ScoreFunction.SOFTMAX, scores);
            }
            return scores;
        }

        @Override
        public long size(RankingInput input) {
            return input.texts().stream()
                    .mapToLong(text -> (long) input.query().length() + text.length())
                    .sum();
        }

        @Override
        public RankingOutput copy(RankingOutput output) {
            return output;
        }
    }
}
