package org.djlift;

import org.djlift.data.AggregationStrategy;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.EntityTask;
import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.Collection;
import java.util.List;

/** What a call of a {@link TokenClassifier} does otherwise than the archive says. Each method gives new options. */
public final class EntityOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private EntityOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that say nothing.
     *
     * @return the archive's own
     */
    public static EntityOptions defaults() {
        return new EntityOptions(Parameters.none());
    }

    /**
     * Sets how predictions for tokens become entities.
     *
     * @param strategy the strategy
     * @return the options with it
     * @throws IllegalArgumentException if it is {@code NONE} and there is a stride
     */
    public EntityOptions aggregationStrategy(AggregationStrategy strategy) {
        return with(EntityTask.STRATEGY, strategy.toString());
    }

    /**
     * Sets how long texts are read: in windows that overlap.
     *
     * @param tokens tokens that neighbouring windows share, 0 for windows side by side
     * @return the options with it
     * @throws IllegalArgumentException if it is negative, or the strategy is {@code NONE}
     */
    public EntityOptions stride(int tokens) {
        return with(EntityTask.STRIDE, BigInteger.valueOf(atLeast(0, "stride", tokens)));
    }

    /**
     * Cuts long texts at {@link TokenClassifier#maxLength()}, which is the default.
     *
     * @return the options without a stride
     */
    public EntityOptions noStride() {
        return with(EntityTask.STRIDE, null);
    }

    /**
     * Sets the labels that are dropped.
     *
     * @param labels labels as in the results, such as {@code O} or {@code MISC}
     * @return the options with them
     */
    public EntityOptions ignoreLabels(Collection<String> labels) {
        return with(EntityTask.IGNORED, List.copyOf(labels));
    }

    private EntityOptions with(String name, @Nullable Object value) {
        Parameters more = parameters.with(name, value);
        EntityTask.checkTogether(more);
        return new EntityOptions(more);
    }
}
