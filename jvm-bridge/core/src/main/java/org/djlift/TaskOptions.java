package org.djlift;

import org.djlift.internal.base.Parameters;

import java.io.Serializable;

/**
 * Options of a call; each task has a class of its own. What the options of a call do not set is as
 * {@link ModelBuilder#options} set it, and else as the archive says. Immutable.
 */
public abstract class TaskOptions implements Serializable {

    private static final long serialVersionUID = 1L;

    /** The values that are set, by the names of the archive's parameters. */
    final Parameters parameters;

    TaskOptions(Parameters parameters) {
        this.parameters = parameters;
    }

    /** Refuses a number that is too small. */
    static int atLeast(int least, String name, int value) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", but is " + value);
        }
        return value;
    }

    @Override
    public final boolean equals(Object other) {
        return other != null && other.getClass() == getClass() && ((TaskOptions) other).parameters.equals(parameters);
    }

    @Override
    public final int hashCode() {
        return parameters.hashCode();
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + parameters;
    }
}
