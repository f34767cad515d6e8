package org.djlift.internal.engine;

import java.util.List;

/** All that happened to one text on its way through the model: its windows, in order. */
public final class Trace {

    private final List<Window> windows;

    Trace(List<Window> windows) {
        this.windows = List.copyOf(windows);
    }

    /**
     * Returns the windows of the text: one without stride, at least one with it.
     *
     * @return the windows, unmodifiable
     */
    public List<Window> windows() {
        return windows;
    }

    @Override
    public String toString() {
        return "Trace" + windows;
    }
}
