package org.djlift.internal.proof;

import org.djlift.data.SelfTest;

/** Counts what was compared and what diverged; {@link #level()} is its result. */
final class Comparison {

    private final String name;
    private int compared;
    private int divergences;
    private int allowed;
    private boolean reportedOnly;
    private String figures = "";
    private String first = "";

    Comparison(String name) {
        this.name = name;
    }

    SelfTest.Level level() {
        return new SelfTest.Level(name, compared, divergences, allowed, reportedOnly, figures, first);
    }

    /** Compares two values. */
    boolean compare(String where, Object expected, Object found) {
        boolean equal = expected.equals(found);
        count(equal, where, expected, found);
        return equal;
    }

    /** Counts a comparison, whose divergence {@link #diverge} would count. */
    void counted() {
        compared++;
    }

    /** Counts a comparison that was made elsewhere. */
    void count(boolean equal, String where, Object expected, Object found) {
        counted();
        if (!equal) {
            diverge(where, expected, found);
        }
    }

    /** Counts a divergence, not a comparison. */
    void diverge(String where, Object expected, Object found) {
        if (divergences++ == 0) {
            first = where + ": expected " + expected + ", found " + found;
        }
    }

    boolean hasDiverged() {
        return divergences > 0;
    }

    /** Lets a share of what was compared diverge. */
    void allow(double share) {
        allowed = (int) Math.ceil(share * compared);
    }

    void onlyReport() {
        reportedOnly = true;
    }

    void measured(String what) {
        figures = what;
    }
}
