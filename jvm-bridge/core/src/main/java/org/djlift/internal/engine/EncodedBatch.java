package org.djlift.internal.engine;

import java.util.Arrays;

/**
 * A padded batch exactly as it is fed to the model: a row per text, all rows as long as the longest.
 *
 * <p>The arrays are the batch's own and are not copied: read them, do not change them.
 */
public final class EncodedBatch {

    private final String[] names;
    private final long[][] inputIds;
    private final long[][] attentionMask;
    private final long[][] typeIds;

    EncodedBatch(String[] names, long[][] inputIds, long[][] attentionMask, long[][] typeIds) {
        this.names = names;
        this.inputIds = inputIds;
        this.attentionMask = attentionMask;
        this.typeIds = typeIds;
    }

    /**
     * Returns the inputs of the graph that are bound.
     *
     * @return input names, in the graph's order
     */
    public String[] names() {
        return names;
    }

    /**
     * Returns the ids.
     *
     * @return token ids, padded; texts by tokens
     */
    public long[][] inputIds() {
        return inputIds;
    }

    /**
     * Returns the attention mask.
     *
     * @return 1 for tokens, 0 for padding; texts by tokens
     */
    public long[][] attentionMask() {
        return attentionMask;
    }

    /**
     * Returns the token type ids.
     *
     * @return type ids, padded, texts by tokens; null when the graph does not take them
     */
    public long[][] typeIds() {
        return typeIds;
    }

    @Override
    public String toString() {
        return "EncodedBatch" + Arrays.toString(names) + Arrays.deepToString(inputIds);
    }
}
