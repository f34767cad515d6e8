package org.djlift.internal.tasks;

import org.djlift.data.TokenWeight;
import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.Task;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.internal.tokenizer.TokenizerFile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** sparse-embedding, as sentence-transformers' {@code SparseEncoder} does it; the graph pools by itself. */
public final class SparseTask implements Task<String, List<TokenWeight>> {

    public static final String TOP_K = "top_k";
    public static final String PROMPT = "prompt";

    @Override
    public String name() {
        return "sparse-embedding";
    }

    @Override
    public OutputForm form() {
        return OutputForm.ROW;
    }

    @Override
    public Set<String> parameters() {
        return Set.of(TOP_K, PROMPT);
    }

    @Override
    public String input(Parameters json) {
        return json.only(Set.of("text")).text("text");
    }

    @Override
    public String json(List<TokenWeight> output) {
        StringBuilder line = new StringBuilder("{\"tokens\":[");
        String between = "";
        for (TokenWeight one : output) {
            line.append(between).append("{\"token\":").append(Json.quoted(one.token()));
            line.append(",\"id\":").append(one.id());
            line.append(",\"weight\":").append(Json.number(one.weight())).append('}');
            between = ",";
        }
        return line.append("]}").toString();
    }

    @Override
    public Bound<String, List<TokenWeight>> bind(ModelFolder folder, Tokenization tokenization) throws IOException {
        TokenizerFile words = folder.words(tokenization);
        return parameters -> new Sparse(tokenization, words, parameters);
    }

    /** One call's way from texts to weights. */
    private static final class Sparse implements Codec<String, List<TokenWeight>> {

        private final Tokenization tokenization;
        private final TokenizerFile words;
        private final String prompt;
        private final int top;

        Sparse(Tokenization tokenization, TokenizerFile words, Parameters parameters) {
            this.tokenization = tokenization;
            this.words = words;
            this.prompt = parameters.text(PROMPT, "");
            this.top = parameters.number(TOP_K, Integer.MAX_VALUE);
            if (top < 1) {
                throw new IllegalArgumentException("expected at least 1 for '" + TOP_K + "', or null, found " + top);
            }
        }

        @Override
        public List<Encoded> encode(String text) {
            return tokenization.windows(prompt + text, null, tokenization.limit());
        }

        @Override
        public OutputForm form() {
            return OutputForm.ROW;
        }

        @Override
        public int columns() {
            return -1;
        }

        @Override
        public List<TokenWeight> decode(String text, List<Encoded> windows, List<Logits> outputs) {
            Logits row = outputs.get(0);
            if (row == null) {
                throw new IllegalStateException("expected tokens, found none: the model has nothing to look at");
            }
            List<TokenWeight> found = new ArrayList<>();
            for (int id = 0; id < row.columns(); id++) {
                float weight = row.values()[row.at(0) + id];
                // Written so that NaN is seen.
                if (!(weight <= 0)) {
                    found.add(new TokenWeight(words.tokenOrNothing(id), id, weight));
                }
            }
            // Stable: equal weights stay in the order of the ids.
            found.sort((a, b) -> Scores.highestFirst(a.weight(), b.weight()));
            return found.size() > top ? new ArrayList<>(found.subList(0, top)) : found;
        }

        @Override
        public long size(String text) {
            return (long) prompt.length() + text.length();
        }

        @Override
        public List<TokenWeight> copy(List<TokenWeight> output) {
            return new ArrayList<>(output);
        }
    }
}
