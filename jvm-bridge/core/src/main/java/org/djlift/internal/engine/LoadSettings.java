package org.djlift.internal.engine;

import org.djlift.internal.graph.SessionSettings;

import java.util.Map;
import java.util.TreeMap;

/** How a model is loaded and how it batches: what a builder has collected. */
public final class LoadSettings {

    final String device;
    /** Of ONNX Runtime's session. */
    final Map<String, String> options;
    /** Tokens that texts of a run have together, padding included. */
    public final int tokenBudget;

    final long maxCharacters;
    /** Texts of a stream that are sorted by length together. */
    public final int lookAhead;

    public final int concurrentRuns;

    public LoadSettings(
            String device,
            Map<String, String> options,
            int tokenBudget,
            long maxCharacters,
            int lookAhead,
            int concurrentRuns) {
        this.device = device;
        this.options = Map.copyOf(options);
        this.tokenBudget = tokenBudget;
        this.maxCharacters = maxCharacters;
        this.lookAhead = lookAhead;
        this.concurrentRuns = concurrentRuns;
    }

    /** ONNX Runtime's threads within a node; 0 leaves them to it. */
    public int intraOpThreads() {
        return Integer.parseInt(options.getOrDefault(SessionSettings.INTRA_OP_THREADS, "0"));
    }

    /** The same with other threads, for a trial; 0 threads change nothing. A profile is of one session: none. */
    LoadSettings with(int runs, int threads) {
        Map<String, String> others = new TreeMap<>(options);
        others.remove(SessionSettings.PROFILE);
        if (threads > 0) {
            others.put(SessionSettings.INTRA_OP_THREADS, Integer.toString(threads));
        }
        return new LoadSettings(device, others, tokenBudget, maxCharacters, lookAhead, runs);
    }
}
