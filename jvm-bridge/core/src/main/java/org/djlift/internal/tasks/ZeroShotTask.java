package org.djlift.internal.tasks;

import org.djlift.data.ZeroShotInput;
import org.djlift.data.ZeroShotResult;
import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.base.Template;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.Task;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Cut;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** zero-shot-classification, as transformers' {@code ZeroShotClassificationPipeline} does it. */
public final class ZeroShotTask implements Task<ZeroShotInput, ZeroShotResult> {

    public static final String LABELS = "labels";
    public static final String MULTI_LABEL = "multi_label";

    private static final String TEXT = "text";

    /** What the tokenizers library says where a text has fewer tokens than must be cut from it. */
    private static final String TOO_SHORT = "too short";

    @Override
    public String name() {
        return "zero-shot-classification";
    }

    @Override
    public OutputForm form() {
        return OutputForm.ROW;
    }

    @Override
    public Set<String> parameters() {
        return Set.of(LABELS, Template.PARAMETER, MULTI_LABEL);
    }

    @Override
    public ZeroShotInput input(Parameters json) {
        json.only(Set.of(TEXT, LABELS));
        boolean named = json.has(LABELS) && !json.isNull(LABELS);
        return named ? ZeroShotInput.of(json.text(TEXT), json.texts(LABELS)) : ZeroShotInput.of(json.text(TEXT));
    }

    @Override
    public String json(ZeroShotResult output) {
        String labels = output.labels().stream().map(Json::quoted).collect(Collectors.joining(","));
        float[] scores = output.scores();
        String numbers = IntStream.range(0, scores.length)
                .mapToObj(i -> Json.number(scores[i]))
                .collect(Collectors.joining(","));
        return "{\"labels\":[" + labels + "],\"scores\":[" + numbers + "]}";
    }

    @Override
    public Bound<ZeroShotInput, ZeroShotResult> bind(ModelFolder folder, Tokenization tokenization) throws IOException {
        int columns = folder.labels().size();
        int entailment = folder.setting("entailmentId", -1);
        if (entailment < 0 || entailment >= columns) {
            throw new IOException("serving.properties: expected entailmentId from 0 to " + (columns - 1)
                    + ", the label of config.json that says that a text entails another, found "
                    + (entailment == -1 ? "none" : entailment));
        }
        int positions = folder.setting("positions", Integer.MAX_VALUE);
        return parameters -> new Classifying(tokenization, columns, entailment, positions, parameters);
    }

    /** One call's way from texts to labels. */
    private static final class Classifying implements Codec<ZeroShotInput, ZeroShotResult> {

        private final Tokenization tokenization;
        private final Cut cut;
        private final int columns;
        private final int entailment;
        private final int positions;
        private final List<String> labels;
        private final Template template;
        private final boolean multiLabel;

        Classifying(Tokenization tokenization, int columns, int entailment, int positions, Parameters parameters) {
            this.tokenization = tokenization;
            int limit = tokenization.maxLength();
            this.cut = limit == Integer.MAX_VALUE ? Cut.none() : Cut.at(Cut.Side.ONLY_FIRST, limit);
            this.columns = columns;
            this.entailment = entailment;
            this.positions = positions;
            boolean none = !parameters.has(LABELS) || parameters.isNull(LABELS);
            this.labels = none ? Collections.emptyList() : parameters.texts(LABELS);
            if (!none && labels.isEmpty()) {
                throw new IllegalArgumentException("expected at least one label for '" + LABELS + "', found none");
            }
            this.template = new Template(parameters.text(Template.PARAMETER, Template.DEFAULT));
            this.multiLabel = parameters.flag(MULTI_LABEL, false);
        }

        private List<String> labels(ZeroShotInput input) {
            return input.labels().isEmpty() ? labels : input.labels();
        }

        @Override
        public List<Encoded> encode(ZeroShotInput input) {
            List<String> all = labels(input);
            if (input.text().isEmpty() || all.isEmpty()) {
                throw new IllegalArgumentException("expected a text that is not empty and at least one label, found "
                        + (input.text().isEmpty()
                                ? "an empty text"
                                : "no label: neither the input nor the archive" + " names one"));
            }
            Template own = input.template().map(Template::new).orElse(template);
            if (own.with(all.get(0)).equals(own.toString())) {
                // As the reference refuses it.
                throw new IllegalArgumentException("expected a template that the label changes, found " + own);
            }
            List<Encoded> windows = new ArrayList<>(all.size());
            for (String label : all) {
                windows.add(window(input.text(), own.with(label)));
            }
            return windows;
        }

        /** The text is cut, what is said of it is not. */
        private Encoded window(String text, String hypothesis) {
            Encoded window;
            try {
                window = tokenization.windows(text, hypothesis, cut).get(0);
            } catch (RuntimeException e) {
                if (e.getMessage() == null || !e.getMessage().contains(TOO_SHORT)) {
                    throw e;
                }
                window = tokenization.windows(text, hypothesis, Cut.none()).get(0);
            }
            if (window.length() > positions) {
                throw new IllegalArgumentException("expected at most " + positions + " tokens, found " + window.length()
                        + ": the label leaves no room for the text");
            }
            return window;
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
        public ZeroShotResult decode(ZeroShotInput input, List<Encoded> windows, List<Logits> outputs) {
            List<String> all = labels(input);
            float[] scores = new float[all.size()];
            // The pipeline's index -1 is the last.
            int contradiction = entailment == 0 ? columns - 1 : 0;
            boolean alone = input.multiLabel().orElse(multiLabel) || all.size() == 1;
            for (int i = 0; i < scores.length; i++) {
                Logits logits = outputs.get(i);
                if (logits == null || logits.columns() != columns) {
                    throw new IllegalStateException("config.json names " + columns + " labels, model.onnx gives "
                            + (logits == null ? "none" : logits.columns()));
                }
                float yes = exp(logits, entailment);
                scores[i] = alone ? yes / (exp(logits, contradiction) + yes) : yes;
            }
            if (!alone) {
                float sum = Scores.sum(scores, 0, scores.length);
                for (int i = 0; i < scores.length; i++) {
                    scores[i] /= sum;
                }
            }
            return sorted(input.text(), all, scores);
        }

        /** In single precision, which runs over beyond 88, as the pipeline's does. */
        private static float exp(Logits logits, int column) {
            return (float) Math.exp(logits.values()[logits.at(0) + column]);
        }

        /** As numpy sorts and the pipeline reverses: of equal scores the later label first. */
        private static ZeroShotResult sorted(String text, List<String> labels, float[] scores) {
            List<Integer> order = IntStream.range(0, scores.length).boxed().collect(Collectors.toList());
            Collections.reverse(order);
            order.sort((a, b) -> Float.compare(scores[b], scores[a]));
            List<String> names = new ArrayList<>(scores.length);
            float[] falling = new float[scores.length];
            for (int i = 0; i < falling.length; i++) {
                names.add(labels.get(order.get(i)));
                falling[i] = scores[order.get(i)];
            }
            return new ZeroShotResult(text, names, falling);
        }

        @Override
        public long size(ZeroShotInput input) {
            return labels(input).stream()
                    .mapToLong(label -> (long) input.text().length() + label.length())
                    .sum();
        }

        @Override
        public ZeroShotResult copy(ZeroShotResult output) {
            return output;
        }
    }
}
