package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;
import org.djlift.internal.base.Limits;
import org.djlift.internal.base.Printable;
import org.djlift.internal.base.StrictJson;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What embedding.json says follows the model, and the shapes of dense.safetensors: the rules of embeddingform.py.
 *
 * <p>The numbers of the dense layers are not held here; {@link org.djlift.internal.tasks.Embedding} reads them.
 */
public final class EmbeddingForm {

    public static final String FILE = "embedding.json";
    public static final String DENSE = "dense.safetensors";
    public static final List<String> POOLINGS =
            List.of("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken");

    private static final List<String> ACTIVATIONS = List.of("identity", "tanh", "relu", "sigmoid", "silu", "gelu");
    private static final Set<String> KEYS =
            Set.of("columns", "pooling", "include_prompt", "special_ids", "modules", "prompts", "dimension");
    private static final Set<String> DENSE_KEYS = Set.of("type", "inputs", "outputs", "activation", "bias");
    private static final int WIDTH = 1 << 16;
    private static final int STEPS = 16;
    private static final int IDS = 1 << 24;

    /** A module behind the pooling. */
    public static final class Step {

        /** Null where the embedding is normalized. */
        public final String activation;

        public final int inputs;
        public final int outputs;
        /** Names of tensors; the bias is null without one. */
        public final String weight;

        public final String bias;

        private Step(String activation, int inputs, int outputs, String weight, String bias) {
            this.activation = activation;
            this.inputs = inputs;
            this.outputs = outputs;
            this.weight = weight;
            this.bias = bias;
        }
    }

    public final int columns;
    public final List<String> pooling = new ArrayList<>();
    public final boolean includesPrompt;
    /** Tokens that do not count at the end of a prompt. */
    public final Set<Long> specialIds = new HashSet<>();

    public final List<Step> steps = new ArrayList<>();
    public final Map<String, String> prompts = new TreeMap<>();
    public final int dimension;

    private final String archive;
    private String where;

    private EmbeddingForm(Map<?, ?> json, String archive) throws ArchiveException {
        this.archive = archive;
        this.where = archive + "!" + FILE;
        require(json.keySet().equals(KEYS), "the keys " + KEYS, json.keySet());
        columns = number(json.get("columns"), 1, WIDTH);
        for (Object mode : list(json.get("pooling"))) {
            require(mode instanceof String && POOLINGS.contains(mode), "one or more of " + POOLINGS, mode);
            pooling.add((String) mode);
        }
        boolean some = !pooling.isEmpty() && pooling.size() <= POOLINGS.size();
        require(some, "one or more of " + POOLINGS, pooling);
        includesPrompt = flag(json.get("include_prompt"), "include_prompt");
        for (Object id : list(json.get("special_ids"))) {
            specialIds.add((long) number(id, 0, IDS));
        }
        int width = steps(list(json.get("modules")), columns * pooling.size());
        require(json.get("prompts") instanceof Map, "prompts as texts", json.get("prompts"));
        for (Map.Entry<?, ?> prompt : ((Map<?, ?>) json.get("prompts")).entrySet()) {
            require(prompt.getValue() instanceof String, "prompts as texts", prompt.getValue());
            prompts.put((String) prompt.getKey(), (String) prompt.getValue());
        }
        dimension = number(json.get("dimension"), 1, WIDTH * POOLINGS.size());
        require(dimension == width, "the dimension " + width, dimension);
    }

    /**
     * Reads the form, and holds the weights against it.
     *
     * @param archive the archive, as messages name it
     * @return null where neither file is there
     * @throws ArchiveException if one is not of the documented form, not needed, or absent
     */
    public static EmbeddingForm read(Path folder, String archive) throws IOException {
        Path file = folder.resolve(FILE);
        Path dense = folder.resolve(DENSE);
        if (!Files.isRegularFile(file)) {
            if (Files.isRegularFile(dense)) {
                throw refusal(archive + "!" + DENSE, FILE + " beside " + DENSE, "none");
            }
            return null;
        }
        EmbeddingForm form = new EmbeddingForm(object(file, archive + "!" + FILE), archive);
        form.checkWeights(dense);
        return form;
    }

    private static Map<?, ?> object(Path file, String where) throws IOException {
        if (Files.size(file) > Limits.TEXT) {
            String most = "at most " + Limits.TEXT + " bytes";
            throw new ArchiveException(Refusal.TOO_LARGE, where, most, Files.size(file) + " bytes");
        }
        Object json;
        try {
            json = StrictJson.parse(Files.readAllBytes(file));
        } catch (IllegalArgumentException e) {
            throw new ArchiveException(Refusal.JSON, where, "JSON", e.getMessage(), e);
        }
        if (!(json instanceof Map)) {
            throw new ArchiveException(Refusal.JSON, where, "a JSON object", "another value");
        }
        return (Map<?, ?>) json;
    }

    private int steps(List<?> modules, int pooled) throws ArchiveException {
        require(modules.size() <= STEPS, "at most " + STEPS + " modules", modules.size());
        int width = pooled;
        int number = 0;
        for (Object module : modules) {
            if (Collections.singletonMap("type", "normalize").equals(module)) {
                steps.add(new Step(null, width, width, null, null));
                continue;
            }
            Map<?, ?> json = module instanceof Map ? (Map<?, ?>) module : Map.of();
            boolean dense = json.keySet().equals(DENSE_KEYS) && "dense".equals(json.get("type"));
            require(dense, "modules of type dense and normalize", module);
            Object activation = json.get("activation");
            boolean known = activation instanceof String && ACTIVATIONS.contains(activation);
            require(known, "an activation of " + ACTIVATIONS, activation);
            boolean bias = flag(json.get("bias"), "bias");
            int inputs = number(json.get("inputs"), 1, WIDTH * POOLINGS.size());
            require(inputs == width, width + " inputs", inputs);
            width = number(json.get("outputs"), 1, WIDTH);
            number++;
            String end = number == 1 ? "" : "." + number;
            steps.add(new Step(
                    (String) activation, inputs, width, "linear.weight" + end, bias ? "linear.bias" + end : null));
        }
        return width;
    }

    private void checkWeights(Path file) throws IOException {
        Map<String, List<Long>> expected = new TreeMap<>();
        for (Step step : steps) {
            if (step.weight != null) {
                expected.put(step.weight, List.of((long) step.outputs, (long) step.inputs));
            }
            if (step.bias != null) {
                expected.put(step.bias, List.of(1L, (long) step.outputs));
            }
        }
        where = archive + "!" + DENSE;
        boolean there = Files.isRegularFile(file);
        String rule = DENSE + " where there are dense modules, and only there";
        require(there != expected.isEmpty(), rule, there ? "one" : "none");
        if (!there) {
            return;
        }
        if (Files.size(file) > Limits.GRAPH) {
            throw new ArchiveException(Refusal.TOO_LARGE, where, "at most " + Limits.GRAPH + " bytes", "more");
        }
        Map<String, List<Long>> found = new TreeMap<>();
        GoldenForm.shapes(Files.readAllBytes(file), where, Refusal.CONFIG)
                .forEach((name, shape) -> found.put(name, List.of(shape[0], shape[1])));
        require(found.equals(expected), "the weights of " + FILE + ", " + expected, found);
    }

    private boolean flag(Object value, String name) throws ArchiveException {
        require(value instanceof Boolean, "true or false for " + name, value);
        return (Boolean) value;
    }

    private List<?> list(Object value) throws ArchiveException {
        require(value instanceof List, "a list", value);
        return (List<?>) value;
    }

    private int number(Object value, int least, int most) throws ArchiveException {
        boolean good = value instanceof BigInteger
                && ((BigInteger) value).compareTo(BigInteger.valueOf(least)) >= 0
                && ((BigInteger) value).compareTo(BigInteger.valueOf(most)) <= 0;
        require(good, "a whole number from " + least + " to " + most, value);
        return ((BigInteger) value).intValue();
    }

    private void require(boolean good, String expected, Object found) throws ArchiveException {
        if (!good) {
            throw refusal(where, expected, String.valueOf(found));
        }
    }

    private static ArchiveException refusal(String where, String expected, String found) {
        return new ArchiveException(Refusal.CONFIG, where, expected, Printable.text(found));
    }

    @Override
    public String toString() {
        return columns + " columns, " + pooling + ", " + steps.size() + " modules, dimension " + dimension
                + Arrays.toString(prompts.keySet().toArray());
    }
}
