package org.djlift.tooling;

/**
 * Internal: one side of {@code djlift bench} in this JVM: a model that stays loaded, and texts that are run over and
 * over. Times are taken here, so that nothing of the Python tooling is in them. For one thread.
 */
public interface BenchSide extends AutoCloseable {

    /**
     * Classifies many texts as a program with many texts would.
     *
     * @param which numbers of the texts, in the order to run them
     * @param batch texts that share a call of the model, where the side leaves that to its caller
     * @return nanoseconds
     */
    long run(int[] which, int batch);

    /**
     * Classifies texts one at a time.
     *
     * @param which numbers of the texts
     * @return nanoseconds of each
     */
    long[] alone(int[] which);

    /** What the last {@link #run} found: a JSON line a text, with {@code entities} or {@code error}. */
    String[] answers();

    @Override
    void close();
}
