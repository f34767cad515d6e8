package org.djlift.internal.tasks;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;

import java.util.ArrayList;
import java.util.List;

/** Token classification: a text to its entities. */
public final class EntityCodec implements Codec<String, List<Entity>> {

    private final Tokenization tokenization;
    private final EntityDecoder decoder;
    private final AggregationStrategy strategy;
    private final int stride;

    /** @param stride overlap of windows in tokens; negative: one window, cut at the limit */
    public EntityCodec(Tokenization tokenization, EntityDecoder decoder, AggregationStrategy strategy, int stride) {
        this.tokenization = tokenization;
        this.decoder = decoder;
        this.strategy = strategy;
        this.stride = stride;
    }

    /** As the reference refuses it: single tokens of overlapping windows cannot be told apart. */
    public static void checkTogether(AggregationStrategy strategy, int stride) {
        if (stride >= 0 && strategy == AggregationStrategy.NONE) {
            throw new IllegalArgumentException(
                    "`stride` was provided to process all the text but `aggregation_strategy=\"none\"`, please select"
                            + " another one instead.");
        }
    }

    /** Refuses a strategy and a stride that no text can be classified with. */
    public EntityCodec checked() {
        checkTogether(strategy, stride);
        tokenization.check(stride);
        return this;
    }

    @Override
    public List<Encoded> encode(String text) {
        return tokenization.windows(text, stride);
    }

    @Override
    public OutputForm form() {
        return OutputForm.TOKENS;
    }

    @Override
    public int columns() {
        return decoder.labels().size();
    }

    @Override
    public List<Entity> decode(String text, List<Encoded> windows, List<Logits> outputs) {
        return decoder.decode(text, windows, outputs, strategy);
    }

    @Override
    public long size(String text) {
        return text.length();
    }

    @Override
    public List<Entity> copy(List<Entity> entities) {
        return new ArrayList<>(entities);
    }
}
