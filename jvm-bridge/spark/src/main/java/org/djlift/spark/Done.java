package org.djlift.spark;

import org.apache.spark.sql.Row;

/** A row with what came of it. */
final class Done {

    final Row row;
    /** What stands in the new column; null for a row without an input, and for one that failed. */
    final Object value;
    /** How much was found: entities, for one. */
    final int found;
    /** Null unless the row failed. */
    final RuntimeException failure;

    Done(Row row, Object value, int found, RuntimeException failure) {
        this.row = row;
        this.value = value;
        this.found = found;
        this.failure = failure;
    }
}
