package org.djlift.internal;

import org.djlift.AggregationStrategy;

import java.util.ArrayList;
import java.util.List;

/** Texts to entities on one graph: tokenize, run, decode. Thread-safe. */
public final class Pipeline {

    /** Rows of a failed run that fail alone before the run counts as the model's failure, not a text's. */
    private static final int HOPELESS = 3;

    private final Tokenization tokenization;
    private final EntityDecoder decoder;
    private final Padding padding;
    private final Graph graph;
    private final int tokenBudget;
    private final Witness witness;
    private final Stages stages;

    /** Is told of each text what was run for it, in the order of the texts: its windows, and their logits. */
    public interface Witness {

        void ran(List<Encoded> windows, List<Logits> logits);
    }

    public Pipeline(
            Tokenization tokenization, EntityDecoder decoder, Padding padding, Graph graph, int tokenBudget) {
        this(tokenization, decoder, padding, graph, tokenBudget, null, new Stages());
    }

    private Pipeline(
            Tokenization tokenization,
            EntityDecoder decoder,
            Padding padding,
            Graph graph,
            int tokenBudget,
            Witness witness,
            Stages stages) {
        this.tokenization = tokenization;
        this.decoder = decoder;
        this.padding = padding;
        this.graph = graph;
        this.tokenBudget = tokenBudget;
        this.witness = witness;
        this.stages = stages;
    }

    /** This very pipeline, watched. The witness is called on the thread that asks for answers. */
    public Pipeline watched(Witness by) {
        return new Pipeline(tokenization, decoder, padding, graph, tokenBudget, by, stages);
    }

    /** Refuses a strategy and a stride that no text can be classified with. */
    public void check(AggregationStrategy strategy, int stride) {
        checkTogether(strategy, stride);
        tokenization.check(stride);
    }

    /** Tokenizes texts that are to be run together; some may be null. */
    Section section(List<String> texts, int stride) {
        long start = System.nanoTime();
        Section section = Section.of(texts, tokenization, stride);
        Stages.since(start, stages.tokenizing);
        return section;
    }

    /** Runs and decodes a section. */
    Section.Answers answers(Section section, AggregationStrategy strategy) {
        Logits[] logits = logits(section);
        if (witness != null) {
            section.tell(logits, witness);
        }
        return decoded(section, logits, strategy);
    }

    /** Runs a section; what a window's logits cannot be had for is the failure of its text. */
    Logits[] logits(Section section) {
        List<Encoded> flat = section.flat();
        Logits[] logits = new Logits[flat.size()];
        for (int[] run : RunPlan.byLength(lengths(flat), tokenBudget)) {
            try {
                run(flat, run, 0, logits);
            } catch (RuntimeException e) {
                oneByOne(section, flat, run, logits, e);
            }
        }
        return logits;
    }

    /** Decodes the logits of a section. */
    Section.Answers decoded(Section section, Logits[] logits, AggregationStrategy strategy) {
        long start = System.nanoTime();
        Section.Answers answers = section.decoded(logits, decoder, strategy);
        Stages.since(start, stages.decoding);
        stages.texts.add(section.given());
        return answers;
    }

    /** A failed run again, a row at a time: the rows that fail alone are the failures of their texts. */
    private void oneByOne(Section section, List<Encoded> flat, int[] run, Logits[] logits, RuntimeException why) {
        int failed = 0;
        for (int i = 0; i < run.length; i++) {
            try {
                run(flat, new int[] {run[i]}, 0, logits);
            } catch (RuntimeException e) {
                failed++;
                if (failed == i + 1 && failed == Math.min(HOPELESS, run.length) && run.length > 1) {
                    throw why;
                }
                section.failed(run[i], e);
            }
        }
    }

    /** As the reference refuses it: single tokens of overlapping windows cannot be told apart. */
    public static void checkTogether(AggregationStrategy strategy, int stride) {
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
        Logits[] logits = new Logits[windows.size()];
        for (int[] run : plan) {
            run(windows, run, padTo, logits);
        }
        return logits;
    }

    private void run(List<Encoded> windows, int[] run, int padTo, Logits[] logits) {
        List<Encoded> rows = new ArrayList<>(run.length);
        for (int window : run) {
            rows.add(windows.get(window));
        }
        int width = Math.max(Batch.longest(rows), Math.min(padTo, tokenization.maxLength()));
        long start = System.nanoTime();
        List<Logits> found = graph.run(new Batch(rows, width, padding));
        Stages.since(start, stages.running);
        stages.runs.increment();
        stages.padded.add((long) width * run.length);
        for (int i = 0; i < run.length; i++) {
            logits[run[i]] = found.get(i);
            stages.tokens.add(rows.get(i).length());
        }
    }

    public static List<Encoded> flat(List<List<Encoded>> windows) {
        List<Encoded> flat = new ArrayList<>(windows.size());
        windows.forEach(flat::addAll);
        return flat;
    }

    public static int[] lengths(List<Encoded> windows) {
        return windows.stream().mapToInt(Encoded::length).toArray();
    }

    public Stages stages() {
        return stages;
    }

    public EntityDecoder decoder() {
        return decoder;
    }

    public int tokenBudget() {
        return tokenBudget;
    }

    public Padding padding() {
        return padding;
    }
}
