package org.djlift;

import org.djlift.data.ScoreFunction;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.tasks.ClassificationTask;

import java.math.BigInteger;
import java.util.Objects;

/**
 * Options of a call of a {@link TextClassifier}. What the options of a call do not set is as
 * {@link ModelBuilder#options} set it, and else as the archive says. Immutable: each method returns new options.
 */
public final class ClassificationOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private ClassificationOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that set nothing. A call with them does what {@link ModelBuilder#options} set, and else what the
     * archive says.
     *
     * @return the empty options
     */
    public static ClassificationOptions defaults() {
        return new ClassificationOptions(Parameters.none());
    }

    /**
     * Sets how many labels are given, those of the highest scores.
     *
     * @param labels most labels
     * @return the options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public ClassificationOptions topK(int labels) {
        return new ClassificationOptions(
                parameters.with(ClassificationTask.TOP_K, BigInteger.valueOf(atLeast(1, "topK", labels))));
    }

    /**
     * Has all labels given.
     *
     * @return the options with it
     */
    public ClassificationOptions allLabels() {
        return new ClassificationOptions(parameters.with(ClassificationTask.TOP_K, null));
    }

    /**
     * Sets what makes scores of logits.
     *
     * @param function the function
     * @return the options with it
     */
    public ClassificationOptions function(ScoreFunction function) {
        String name = Objects.requireNonNull(function, "function").toString();
        return new ClassificationOptions(parameters.with(ClassificationTask.FUNCTION, name));
    }
}
