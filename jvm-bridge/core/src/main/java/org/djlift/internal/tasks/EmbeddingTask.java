package org.djlift.internal.tasks;

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
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** text-embedding, as sentence-transformers' {@code SentenceTransformer.encode} does it. */
public final class EmbeddingTask implements Task<String, float[]> {

    public static final String PROMPT_NAME = "prompt_name";
    public static final String PROMPT = "prompt";
    public static final String DIMENSION = "truncate_dim";
    public static final String NORMALIZE = "normalize";

    private static final int NO_PROMPT = 0;

    @Override
    public String name() {
        return "text-embedding";
    }

    @Override
    public OutputForm form() {
        return OutputForm.TOKENS;
    }

    @Override
    public Set<String> parameters() {
        return Set.of(PROMPT_NAME, PROMPT, DIMENSION, NORMALIZE);
    }

    @Override
    public String input(Parameters json) {
        return json.only(Set.of("text")).text("text");
    }

    @Override
    public String json(float[] output) {
        StringBuilder line = new StringBuilder("{\"embedding\":[");
        String between = "";
        for (float value : output) {
            line.append(between).append(Json.number(value));
            between = ",";
        }
        return line.append("]}").toString();
    }

    @Override
    public Bound<String, float[]> bind(ModelFolder folder, Tokenization tokenization) throws IOException {
        Embedding embedding = Embedding.read(folder.directory());
        return parameters -> new Embedded(tokenization, embedding, parameters);
    }

    /** The prompts of an archive, by name. */
    public static Map<String, String> prompts(ModelFolder folder) throws IOException {
        return Collections.unmodifiableMap(Embedding.read(folder.directory()).form().prompts);
    }

    /** Numbers of an embedding of a call. */
    public static int dimension(ModelFolder folder, Parameters parameters) throws IOException {
        int whole = Embedding.read(folder.directory()).form().dimension;
        return Math.min(whole, parameters.number(DIMENSION, whole));
    }

    /** One call's way from texts to embeddings. */
    private static final class Embedded implements Codec<String, float[]> {

        private final Tokenization tokenization;
        private final Embedding embedding;
        private final String prompt;
        /** Tokens of the prompt that are not pooled. */
        private final int leftOut;

        private final int dimension;
        private final boolean normalizes;

        Embedded(Tokenization tokenization, Embedding embedding, Parameters parameters) {
            this.tokenization = tokenization;
            this.embedding = embedding;
            this.prompt = prompt(parameters, embedding.form().prompts);
            this.leftOut = embedding.form().includesPrompt || prompt.isEmpty() ? NO_PROMPT : tokens(prompt);
            this.dimension = parameters.number(DIMENSION, embedding.form().dimension);
            this.normalizes = parameters.flag(NORMALIZE, false);
            if (dimension < 1) {
                throw new IllegalArgumentException(
                        "expected at least 1 for '" + DIMENSION + "', or null, found " + dimension);
            }
        }

        private static String prompt(Parameters parameters, Map<String, String> prompts) {
            String prompt = parameters.text(PROMPT, null);
            String name = parameters.text(PROMPT_NAME, null);
            if (prompt != null || name == null) {
                return prompt == null ? "" : prompt;
            }
            if (!prompts.containsKey(name)) {
                throw new IllegalArgumentException("expected one of " + prompts.keySet() + " for '" + PROMPT_NAME
                        + "', found '" + Printable.text(name) + "'");
            }
            return prompts.get(name);
        }

        /** Tokens of a prompt alone; a special one at its end is not of it. */
        private int tokens(String text) {
            long[] ids = tokenization
                    .windows(text, null, tokenization.limit())
                    .get(0)
                    .ids();
            boolean ends = ids.length > 0 && embedding.form().specialIds.contains(ids[ids.length - 1]);
            return ends ? ids.length - 1 : ids.length;
        }

        @Override
        public List<Encoded> encode(String text) {
            return tokenization.windows(prompt + text, null, tokenization.limit());
        }

        @Override
        public OutputForm form() {
            return OutputForm.TOKENS;
        }

        @Override
        public int columns() {
            return embedding.form().columns;
        }

        @Override
        public float[] decode(String text, List<Encoded> windows, List<Logits> outputs) {
            Logits tokens = outputs.get(0);
            if (tokens == null) {
                throw new IllegalStateException("expected tokens, found none: the model has nothing to look at");
            }
            if (tokens.columns() != columns()) {
                throw new IllegalStateException(
                        "embedding.json names " + columns() + " columns, model.onnx gives " + tokens.columns());
            }
            float[] whole = embedding.of(tokens, leftOut);
            float[] wanted = dimension < whole.length ? Arrays.copyOf(whole, dimension) : whole;
            return normalizes ? Embedding.normalized(wanted) : wanted;
        }

        @Override
        public long size(String text) {
            return (long) prompt.length() + text.length();
        }

        @Override
        public float[] copy(float[] output) {
            return output.clone();
        }
    }
}
