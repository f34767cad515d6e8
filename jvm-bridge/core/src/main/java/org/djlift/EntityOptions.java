package org.djlift;

import org.djlift.data.AggregationStrategy;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.EntityTask;
import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.Collection;
import java.util.List;

/**
 * Options of a call of a {@link TokenClassifier}. What the options of a call do not set is as
 * {@link ModelBuilder#options} set it, and else as the archive says. Immutable: each method returns new options.
 */
public final class EntityOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private EntityOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that set nothing. A call with them does what {@link ModelBuilder#options} set, and else what the
     * archive says.
     *
     * @return the empty options
     */
    public static EntityOptions defaults() {
        return new EntityOptions(Parameters.none());
    }

    /**
     * Sets how predictions for tokens become entities. {@code NONE} does not go with a stride: clear it with
     * {@link #noStride()}. A stride of the builder or the archive counts too, and is refused by the call.
     *
     * @param strategy the strategy
     * @return the options with it
     * @throws IllegalArgumentException if it is {@code NONE} and these options have a stride
     */
    public EntityOptions aggregationStrategy(AggregationStrategy strategy) {
        return with(EntityTask.STRATEGY, strategy.toString());
    }

    /**
     * Splits texts that are longer than {@link TokenClassifier#maxLength()} into windows that overlap. Without a stride
     * such a text is cut, and what follows is not read.
     *
     * @param tokens tokens that neighbouring windows share, 0 for windows side by side
     * @return the options with it
     * @throws IllegalArgumentException if it is negative, or these options have the strategy {@code NONE}
     */
    public EntityOptions stride(int tokens) {
        return with(EntityTask.STRIDE, BigInteger.valueOf(atLeast(0, "stride", tokens)));
    }

    /**
     * Clears the stride, also that of the builder or the archive: texts that are longer than
     * {@link TokenClassifier#maxLength()} are cut there.
     *
     * @return the options without a stride
     */
    public EntityOptions noStride() {
        return with(EntityTask.STRIDE, null);
    }

    /**
     * Sets the labels that are dropped, in place of the archive's list, which mostly is {@code O}. Include {@code "O"}:
     * without it, the tokens outside of entities are in the results.
     *
     * <p>A label is compared as the results have it. Under {@link AggregationStrategy#NONE} that is the label as the
     * model names it, such as {@code B-PER}; under every other strategy it is what follows the first hyphen, such as
     * {@code PER}.
     *
     * @param labels labels such as {@code O} and {@code MISC}; an empty collection drops nothing
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
