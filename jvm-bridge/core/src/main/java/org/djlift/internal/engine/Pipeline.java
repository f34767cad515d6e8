package org.djlift.internal.engine;

import org.djlift.internal.graph.Batch;
import org.djlift.internal.graph.Graph;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Padding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Inputs to outputs on one graph: tokenize, run, decode. Thread-safe. */
public final class Pipeline {

    /** Most numbers that a run gives: 256 MiB, which are held twice while they are read. */
    private static final long OUTPUT = 64L << 20;

    /** Rows of a failed run that fail alone before it is asked whether the model runs at all. */
    private static final int HOPELESS = 3;

    private final int maxLength;
    private final Padding padding;
    private final Graph graph;
    private final int tokenBudget;
    private final long maxCharacters;
    private final Lanes lanes;
    private final Witness witness;
    private final Stages stages;

    /** Is told of each input what was run for it, in the order of the inputs: its windows, and their logits. */
    public interface Witness {

        void ran(List<Encoded> windows, List<Logits> logits);
    }

    /**
     * @param maxLength most tokens of a window
     * @param tokenBudget most tokens of a run, padding included
     * @param maxCharacters most UTF-16 units of an input
     */
    public Pipeline(int maxLength, Padding padding, Graph graph, int tokenBudget, long maxCharacters, Lanes lanes) {
        this(maxLength, padding, graph, tokenBudget, maxCharacters, lanes, null, new Stages());
    }

    private Pipeline(
            int maxLength,
            Padding padding,
            Graph graph,
            int tokenBudget,
            long maxCharacters,
            Lanes lanes,
            Witness witness,
            Stages stages) {
        this.maxLength = maxLength;
        this.lanes = lanes;
        this.padding = padding;
        this.graph = graph;
        this.tokenBudget = tokenBudget;
        this.maxCharacters = maxCharacters;
        this.witness = witness;
        this.stages = stages;
    }

    /** This very pipeline, watched. The witness is called on the thread that asks for answers. */
    public Pipeline watched(Witness by) {
        return new Pipeline(maxLength, padding, graph, tokenBudget, maxCharacters, lanes, by, stages);
    }

    /** This very pipeline, for inputs of any length. */
    Pipeline withoutLimit() {
        return new Pipeline(maxLength, padding, graph, tokenBudget, Long.MAX_VALUE, lanes, witness, stages);
    }

    /** Tokenizes inputs that are to be run together; some may be null. */
    <I, O> Section<I, O> section(List<? extends I> inputs, Codec<I, O> codec) {
        long start = System.nanoTime();
        Section<I, O> section = Section.of(inputs, codec, maxCharacters);
        Stages.since(start, stages.tokenizing);
        return section;
    }

    /** Runs a section, and decodes each input once its last window has run. */
    <O> Section.Answers<O> answers(Section<?, O> section) {
        List<Encoded> flat = section.flat();
        List<int[]> plan = RunPlan.byLength(lengths(flat), tokenBudget);
        Logits[] logits = new Logits[flat.size()];
        if (witness == null) {
            lanes.each(plan.size(), i -> {
                step(section, flat, plan, i, logits);
                long start = System.nanoTime();
                section.ran(plan.get(i), logits);
                Stages.since(start, stages.decoding);
            });
        } else {
            // It is told in the order of the inputs.
            steps(section, flat, plan, 0, plan.size(), logits);
            section.tell(logits, witness);
        }
        return decoded(section, logits);
    }

    /** Runs windows of a section by a plan; what a window's logits cannot be had for is the failure of its input. */
    Logits[] logits(Section<?, ?> section, List<Encoded> flat, List<int[]> plan) {
        Logits[] logits = new Logits[flat.size()];
        steps(section, flat, plan, 0, plan.size(), logits);
        return logits;
    }

    /** Runs some steps of a plan. */
    void steps(Section<?, ?> section, List<Encoded> flat, List<int[]> plan, int first, int last, Logits[] logits) {
        lanes.each(last - first, i -> step(section, flat, plan, first + i, logits));
    }

    private void step(Section<?, ?> section, List<Encoded> flat, List<int[]> plan, int at, Logits[] logits) {
        try {
            run(flat, plan.get(at), 0, logits);
        } catch (RuntimeException e) {
            oneByOne(section, flat, plan, at, logits, e);
        }
    }

    /** Decodes the logits of a section. */
    <O> Section.Answers<O> decoded(Section<?, O> section, Logits[] logits) {
        long start = System.nanoTime();
        Section.Answers<O> answers = section.decoded(logits);
        Stages.since(start, stages.decoding);
        stages.texts.add(section.given());
        return answers;
    }

    /**
     * A failed run again, a row at a time: the rows that fail alone are the failures of their texts, unless nothing
     * runs at all.
     */
    private void oneByOne(
            Section<?, ?> section,
            List<Encoded> flat,
            List<int[]> plan,
            int at,
            Logits[] logits,
            RuntimeException why) {
        int[] run = plan.get(at);
        if (run.length == 1) {
            // It would be the same run once more.
            section.failed(run[0], why);
            return;
        }
        int failed = 0;
        for (int i = 0; i < run.length; i++) {
            try {
                run(flat, new int[] {run[i]}, 0, logits);
            } catch (RuntimeException e) {
                failed++;
                if (failed == i + 1 && failed == HOPELESS && !runsAtAll(flat, plan, Arrays.copyOf(run, failed))) {
                    throw why;
                }
                section.failed(run[i], e);
            }
        }
    }

    /**
     * Whether the shortest window runs, or one of the middle: what fails on a text may fail on others like it.
     *
     * @param failed windows that do not run alone
     */
    private boolean runsAtAll(List<Encoded> flat, List<int[]> plan, int[] failed) {
        int[] last = plan.get(plan.size() - 1);
        int[] middle = plan.get(plan.size() / 2);
        for (int window : new int[] {last[last.length - 1], middle[middle.length / 2]}) {
            if (Arrays.stream(failed).anyMatch(known -> known == window)) {
                continue;
            }
            try {
                run(flat, new int[] {window}, 0, new Logits[flat.size()]);
                return true;
            } catch (RuntimeException e) {
                continue;
            }
        }
        return false;
    }

    /** The windows of each input. */
    public static <I> List<List<Encoded>> windows(List<I> inputs, Codec<I, ?> codec) {
        List<List<Encoded>> windows = new ArrayList<>(inputs.size());
        for (I input : inputs) {
            windows.add(codec.windows(input));
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

    /** Runs windows together, or in parts where all that the graph gives for them is too much at once. */
    private void run(List<Encoded> windows, int[] run, int padTo, Logits[] logits) {
        List<Encoded> rows = new ArrayList<>(run.length);
        long numbers = 1;
        for (int window : run) {
            Encoded row = windows.get(window);
            rows.add(row);
            numbers = Math.max(numbers, row.columns());
        }
        int most = (int) Math.max(1, Math.min(run.length, OUTPUT / (Math.max(1, Batch.longest(rows)) * numbers)));
        for (int first = 0; first < run.length; first += most) {
            int last = Math.min(run.length, first + most);
            part(rows.subList(first, last), Arrays.copyOfRange(run, first, last), padTo, logits);
        }
    }

    private void part(List<Encoded> rows, int[] run, int padTo, Logits[] logits) {
        int width = Math.max(Batch.longest(rows), Math.min(padTo, maxLength));
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

    public int tokenBudget() {
        return tokenBudget;
    }

    /** Runs of the model that a call has at a time. */
    public int concurrentRuns() {
        return lanes.count();
    }

    public Padding padding() {
        return padding;
    }
}
