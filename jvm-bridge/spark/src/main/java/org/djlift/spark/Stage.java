package org.djlift.spark;

import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.sql.types.StructType;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A stage with a name: what the parameters of all stages are made with.
 *
 * @param <T> the stage itself
 * @serial exclude
 */
public abstract class Stage<T extends Stage<T>> extends Transformer {

    private static final long serialVersionUID = 1L;
    static final String CODE_POINTS = "codepoints";

    private final String uid;

    Stage(String uid) {
        // Parameters ask for the name of their stage as they are made.
        this.uid = uid;
    }

    /**
     * Returns the name of this stage, which no other has.
     *
     * @return the name
     */
    @Override
    public final String uid() {
        return uid;
    }

    /** Refuses settings that make no sense. */
    void check() {}

    @SuppressWarnings("unchecked")
    private T self() {
        return (T) this;
    }

    final <V> T with(Param<V> param, V value) {
        set(param, value);
        return self();
    }

    final T with(IntParam param, int value) {
        set(param, value);
        return self();
    }

    final T with(BooleanParam param, boolean value) {
        set(param, value);
        return self();
    }

    /** The value of a parameter, or null where it has none. */
    final <V> V optional(Param<V> param) {
        return isDefined(param) ? getOrDefault(param) : null;
    }

    /** The value of a number. */
    final int number(IntParam param) {
        return ((Number) getOrDefault(param)).intValue();
    }

    /** Refuses a number that is set and too small. */
    final void atLeast(IntParam param, int least) {
        if (isDefined(param) && number(param) < least) {
            throw new IllegalArgumentException(
                    param.name() + ": expected " + least + " or more, found " + number(param));
        }
    }

    /** Refuses a number that is set and too large. */
    final void atMost(IntParam param, int most) {
        if (isDefined(param) && number(param) > most) {
            throw new IllegalArgumentException(
                    param.name() + ": expected at most " + most + ", found " + number(param));
        }
    }

    /** Refuses a value that is set and none of some. */
    final void oneOf(Param<String> param, String... allowed) {
        String value = optional(param);
        if (value != null && !Arrays.asList(allowed).contains(value)) {
            List<String> all = Arrays.asList(allowed);
            String first = String.join(", ", all.subList(0, all.size() - 1));
            throw new IllegalArgumentException(
                    param.name() + ": expected " + first + " or " + all.get(all.size() - 1) + ", found " + value);
        }
    }

    /** Refuses a value that is set and none of some, in whatever case. */
    final void anyCaseOf(Param<String> param, String... allowed) {
        if (isDefined(param) && Stream.of(allowed).noneMatch(getOrDefault(param)::equalsIgnoreCase)) {
            oneOf(param, allowed);
        }
    }

    /** Refuses a list that is set and empty. */
    final void some(StringArrayParam param) {
        if (isDefined(param) && getOrDefault(param).length == 0) {
            throw new IllegalArgumentException(param.name() + ": expected at least one, found none");
        }
    }

    /** Refuses a schema without the column of texts that a parameter names. */
    final void text(StructType schema, Param<String> column) {
        if (isDefined(column)) {
            Columns.texts(schema, column.name(), getOrDefault(column));
        }
    }

    /** Refuses a schema without the column of lists of texts that a parameter names. */
    final void texts(StructType schema, Param<String> column) {
        if (isDefined(column)) {
            Columns.lists(schema, column.name(), getOrDefault(column));
        }
    }

    /** The columns that parameters name, as far as they are set. */
    final String[] names(List<Param<String>> columns) {
        return columns.stream().filter(this::isDefined).map(this::getOrDefault).toArray(String[]::new);
    }

    /** Where the column is that a parameter names; -1 where it is not set. */
    final int place(StructType schema, Param<String> column) {
        return isDefined(column) ? Columns.place(schema, getOrDefault(column)) : -1;
    }
}
