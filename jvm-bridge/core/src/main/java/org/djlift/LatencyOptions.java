package org.djlift;

import java.time.Duration;
import java.util.Objects;

/** How a {@link MicroBatcher} brings texts together. Immutable: each method gives new options. */
public final class LatencyOptions {

    private static final int TEXTS = 64;
    private static final int LONGEST_SECONDS = 60;

    private final Duration maxWait;
    private final int maxTexts;
    private final int tokenBudget;

    private LatencyOptions(Duration maxWait, int maxTexts, int tokenBudget) {
        this.maxWait = maxWait;
        this.maxTexts = maxTexts;
        this.tokenBudget = tokenBudget;
    }

    /**
     * Returns the options that add no latency: a text that finds the model free runs at once, and what comes while the
     * model is busy runs together. At most 64 texts, and the tokens of the model's own budget.
     *
     * @return the options
     */
    public static LatencyOptions defaults() {
        return new LatencyOptions(Duration.ZERO, TEXTS, 0);
    }

    /**
     * Sets how long a text that finds the model free waits for others. It waits no longer than until the run is full.
     *
     * @param wait from nothing, the default, to a minute
     * @return these options with that wait
     * @throws IllegalArgumentException if it is negative, or longer than a minute
     */
    public LatencyOptions maxWait(Duration wait) {
        Objects.requireNonNull(wait, "wait");
        if (wait.isNegative() || wait.compareTo(Duration.ofSeconds(LONGEST_SECONDS)) > 0) {
            throw new IllegalArgumentException("maxWait must be from 0 to " + LONGEST_SECONDS + " s, but is " + wait);
        }
        return new LatencyOptions(wait, maxTexts, tokenBudget);
    }

    /**
     * Sets how many texts share a run.
     *
     * @param texts most texts; 1: each has a run of its own
     * @return these options with that limit
     * @throws IllegalArgumentException if it is less than 1
     */
    public LatencyOptions maxTexts(int texts) {
        if (texts < 1) {
            throw new IllegalArgumentException("maxTexts must be at least 1, but is " + texts);
        }
        return new LatencyOptions(maxWait, texts, tokenBudget);
    }

    /**
     * Sets how many tokens share a run: the fewer, the sooner the next one starts. {@link
     * ModelBuilder#tokenBudget} unless set.
     *
     * @param tokens most tokens, padding included; a text of more has a run of its own
     * @return these options with that limit
     * @throws IllegalArgumentException if it is less than 1
     */
    public LatencyOptions tokenBudget(int tokens) {
        if (tokens < 1) {
            throw new IllegalArgumentException("tokenBudget must be at least 1, but is " + tokens);
        }
        return new LatencyOptions(maxWait, maxTexts, tokens);
    }

    /**
     * Returns how long a text waits for others.
     *
     * @return the wait
     */
    public Duration maxWait() {
        return maxWait;
    }

    /**
     * Returns how many texts share a run.
     *
     * @return most texts
     */
    public int maxTexts() {
        return maxTexts;
    }

    /** Most tokens of a run; 0 for the model's own budget. */
    int tokenBudget() {
        return tokenBudget;
    }

    @Override
    public String toString() {
        return "LatencyOptions maxWait " + maxWait + ", maxTexts " + maxTexts + ", tokenBudget "
                + (tokenBudget == 0 ? "the model's" : tokenBudget);
    }
}
