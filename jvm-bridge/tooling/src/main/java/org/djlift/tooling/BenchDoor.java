package org.djlift.tooling;

import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Internal: djlift's own side of {@code djlift bench}; the classifier stays its owner's. */
public final class BenchDoor implements BenchSide {

    private final TokenClassifier classifier;
    private final AggregationStrategy strategy;
    private final String[] texts;
    private List<List<Entity>> found = List.of();

    /**
     * @param strategy a strategy, as {@link AggregationStrategy#of} takes it
     * @param texts all texts that will be run
     */
    public BenchDoor(TokenClassifier classifier, String strategy, String[] texts) {
        this.classifier = classifier;
        this.strategy = AggregationStrategy.of(strategy);
        this.texts = texts;
    }

    /** Tokens of each text as the model takes it: special tokens counted, what is cut off not. */
    public int[] lengths() {
        int[] lengths = new int[texts.length];
        for (int i = 0; i < lengths.length; i++) {
            for (long token : classifier.encode(Collections.singletonList(texts[i])).attentionMask()[0]) {
                lengths[i] += (int) token;
            }
        }
        return lengths;
    }

    @Override
    public long run(int[] which, int batch) {
        List<String> chosen = chosen(Arrays.asList(texts), which);
        long start = System.nanoTime();
        found = classifier.classify(chosen, strategy);
        return System.nanoTime() - start;
    }

    @Override
    public long[] alone(int[] which) {
        long[] times = new long[which.length];
        for (int i = 0; i < times.length; i++) {
            String text = texts[which[i]];
            long start = System.nanoTime();
            classifier.classify(text, strategy);
            times[i] = System.nanoTime() - start;
        }
        return times;
    }

    @Override
    public String[] answers() {
        return Harness.lines(found, strategy);
    }

    /** Does nothing. */
    @Override
    public void close() {}

    static <I> List<I> chosen(List<I> inputs, int[] which) {
        List<I> chosen = new ArrayList<>(which.length);
        for (int i : which) {
            chosen.add(inputs.get(i));
        }
        return chosen;
    }
}
