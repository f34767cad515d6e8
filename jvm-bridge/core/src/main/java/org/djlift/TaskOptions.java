package org.djlift;

import org.djlift.internal.base.Parameters;

import java.io.Serializable;

/** What a call does otherwise than the archive says; there is a class of options for each task. Immutable. */
public abstract class TaskOptions implements Serializable {

    private static final long serialVersionUID = 1L;

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
