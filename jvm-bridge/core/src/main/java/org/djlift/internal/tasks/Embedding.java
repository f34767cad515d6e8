package org.djlift.internal.tasks;

import org.djlift.internal.graph.Logits;
import org.djlift.internal.reader.EmbeddingForm;
import org.djlift.internal.reader.Safetensors;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;

/**
 * Token embeddings to the embedding of a text, as sentence-transformers' modules do it: pooling, dense layers,
 * normalization. Sums are kept in double. Thread-safe.
 */
final class Embedding {

    private static final double LEAST_WEIGHT = 1e-9;
    private static final double LEAST_NORM = 1e-12;

    private final EmbeddingForm form;
    private final Map<String, float[]> weights;

    private Embedding(EmbeddingForm form, Map<String, float[]> weights) {
        this.form = form;
        this.weights = weights;
    }

    /** Reads embedding.json and the weights that it names. */
    static Embedding read(Path folder) throws IOException {
        EmbeddingForm form = EmbeddingForm.read(folder, folder.toString());
        if (form == null) {
            throw new IOException(folder + ": expected " + EmbeddingForm.FILE + ", found none");
        }
        boolean dense = form.steps.stream().anyMatch(step -> step.weight != null);
        Path file = folder.resolve(EmbeddingForm.DENSE);
        return new Embedding(form, dense ? Safetensors.read(file) : Collections.emptyMap());
    }

    EmbeddingForm form() {
        return form;
    }

    /**
     * The embedding of a text.
     *
     * @param tokens embeddings of its tokens, the prompt's first
     * @param prompt tokens in front that are not pooled
     */
    float[] of(Logits tokens, int prompt) {
        float[] embedding = new float[form.columns * form.pooling.size()];
        for (int i = 0; i < form.pooling.size(); i++) {
            pool(form.pooling.get(i), tokens, prompt, embedding, i * form.columns);
        }
        for (EmbeddingForm.Step step : form.steps) {
            embedding = step.activation == null ? normalized(embedding) : dense(step, embedding);
        }
        return embedding;
    }

    /** The vector with length 1; zeros stay zeros. */
    static float[] normalized(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        double norm = Math.max(Math.sqrt(squares), LEAST_NORM);
        float[] normalized = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            normalized[i] = (float) (vector[i] / norm);
        }
        return normalized;
    }

    static void pool(String mode, Logits tokens, int prompt, float[] into, int at) {
        int last = tokens.rows() - 1;
        // A prompt that is all there is leaves nothing to pool.
        boolean any = prompt <= last;
        switch (mode) {
            case "cls":
                copy(tokens, any ? prompt : 0, into, at);
                break;
            case "lasttoken":
                if (any) {
                    copy(tokens, last, into, at);
                }
                break;
            case "max":
                max(tokens, prompt, into, at);
                break;
            default:
                mean(mode, tokens, prompt, into, at);
        }
    }

    private static void copy(Logits tokens, int row, float[] into, int at) {
        System.arraycopy(tokens.values(), tokens.at(row), into, at, tokens.columns());
    }

    private static void max(Logits tokens, int prompt, float[] into, int at) {
        int columns = tokens.columns();
        Arrays.fill(into, at, at + columns, Float.NEGATIVE_INFINITY);
        float[] values = tokens.values();
        for (int row = prompt; row < tokens.rows(); row++) {
            int from = tokens.at(row);
            for (int i = 0; i < columns; i++) {
                into[at + i] = Math.max(into[at + i], values[from + i]);
            }
        }
    }

    private static void mean(String mode, Logits tokens, int prompt, float[] into, int at) {
        int columns = tokens.columns();
        boolean weighted = mode.equals("weightedmean");
        double[] sums = new double[columns];
        double weights = 0;
        float[] values = tokens.values();
        for (int row = prompt; row < tokens.rows(); row++) {
            double weight = weighted ? row + 1.0 : 1.0;
            weights += weight;
            int from = tokens.at(row);
            for (int i = 0; i < columns; i++) {
                sums[i] += weight * values[from + i];
            }
        }
        double divisor = Math.max(weights, LEAST_WEIGHT);
        divisor = mode.equals("mean_sqrt_len_tokens") ? Math.sqrt(divisor) : divisor;
        for (int i = 0; i < columns; i++) {
            into[at + i] = (float) (sums[i] / divisor);
        }
    }

    private float[] dense(EmbeddingForm.Step step, float[] input) {
        float[] weight = weights.get(step.weight);
        float[] bias = step.bias == null ? null : weights.get(step.bias);
        float[] output = new float[step.outputs];
        for (int row = 0; row < step.outputs; row++) {
            double sum = product(weight, row * step.inputs, input);
            output[row] = (float) activated(step.activation, bias == null ? sum : sum + bias[row]);
        }
        return output;
    }

    /** Four sums at once: one would wait for each addition. */
    private static double product(float[] weight, int from, float[] input) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < input.length; i += 4) {
            a += (double) weight[from + i] * input[i];
            b += (double) weight[from + i + 1] * input[i + 1];
            c += (double) weight[from + i + 2] * input[i + 2];
            d += (double) weight[from + i + 3] * input[i + 3];
        }
        for (; i < input.length; i++) {
            a += (double) weight[from + i] * input[i];
        }
        return a + b + (c + d);
    }

    private static double activated(String activation, double x) {
        switch (activation) {
            case "tanh":
                return Math.tanh(x);
            case "relu":
                return Math.max(0, x);
            case "sigmoid":
                return 1 / (1 + Math.exp(-x));
            case "silu":
                return x / (1 + Math.exp(-x));
            case "gelu":
                return x / 2 * (1 + erf(x / Math.sqrt(2)));
            default:
                return x;
        }
    }

    /** The error function by Abramowitz and Stegun, 7.1.26: at most 1.5e-7 wrong, as much as a float. */
    private static double erf(double x) {
        double t = 1 / (1 + 0.3275911 * Math.abs(x));
        double sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
        return Math.signum(x) * (1 - sum * Math.exp(-x * x));
    }
}
