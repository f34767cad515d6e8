package org.djlift.internal;

import org.djlift.AggregationStrategy;
import org.djlift.Entity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Texts to entities on one graph: tokenize, run, decode. Thread-safe. */
public final class Pipeline {

    /** Texts that are in memory as tokens and logits at a time. */
    private static final int CHUNK = 512;

    private final Tokenization tokenization;
    private final EntityDecoder decoder;
    private final Padding padding;
    private final Graph graph;
    private final int tokenBudget;

    public Pipeline(
            Tokenization tokenization, EntityDecoder decoder, Padding padding, Graph graph, int tokenBudget) {
        this.tokenization = tokenization;
        this.decoder = decoder;
        this.padding = padding;
        this.graph = graph;
        this.tokenBudget = tokenBudget;
    }

    public List<List<Entity>> classify(List<String> texts, AggregationStrategy strategy, int stride) {
        check(strategy, stride);
        List<List<Entity>> all = new ArrayList<>(texts.size());
        for (int first = 0; first < texts.size(); first += CHUNK) {
            List<String> chunk = texts.subList(first, Math.min(texts.size(), first + CHUNK));
            List<List<Encoded>> windows = windows(chunk, stride);
            List<Encoded> flat = flat(windows);
            Logits[] logits = run(flat, RunPlan.byLength(lengths(flat), tokenBudget), 0);
            int at = 0;
            for (int i = 0; i < chunk.size(); i++) {
                int count = windows.get(i).size();
                List<Logits> own = Arrays.asList(logits).subList(at, at + count);
                all.add(decoder.decode(chunk.get(i), windows.get(i), own, strategy));
                at += count;
            }
        }
        return all;
    }

    /** As the reference refuses it: single tokens of overlapping windows cannot be told apart. */
    public static void check(AggregationStrategy strategy, int stride) {
        if (stride >= 0 && strategy == AggregationStrategy.NONE) {
            throw new IllegalArgumentException(
                    "`stride` was provided to process all the text but `aggregation_strategy=\"none\"`, please select"
                            + " another one instead.");
        }
    }

    /** The windows of each text. */
    public List<List<Encoded>> windows(List<String> texts, int stride) {
        List<List<Encoded>> windows = new ArrayList<>(texts.size());
        for (String text : texts) {
            windows.add(tokenization.windows(text, stride));
        }
        return windows;
    }

    /** Runs windows by a plan, padded at least to a width; the logits are in the order of the windows. */
    public Logits[] run(List<Encoded> windows, List<int[]> plan, int padTo) {
        int atLeast = Math.min(padTo, tokenization.maxLength());
        Logits[] logits = new Logits[windows.size()];
        for (int[] run : plan) {
            List<Encoded> rows = new ArrayList<>(run.length);
            for (int window : run) {
                rows.add(windows.get(window));
            }
            Batch batch = new Batch(rows, Math.max(Batch.longest(rows), atLeast), padding);
            List<Logits> found = graph.run(batch);
            for (int i = 0; i < run.length; i++) {
                logits[run[i]] = found.get(i);
            }
        }
        return logits;
    }

    public static List<Encoded> flat(List<List<Encoded>> windows) {
        List<Encoded> flat = new ArrayList<>(windows.size());
        windows.forEach(flat::addAll);
        return flat;
    }

    public static int[] lengths(List<Encoded> windows) {
        return windows.stream().mapToInt(Encoded::length).toArray();
    }

    public EntityDecoder decoder() {
        return decoder;
    }

    public Padding padding() {
        return padding;
    }
}
