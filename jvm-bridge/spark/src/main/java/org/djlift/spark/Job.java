package org.djlift.spark;

import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.TaskCompletionListener;

import java.io.IOException;
import java.util.Iterator;

/**
 * What a task does with the rows of its partition.
 *
 * @param <M> the model
 */
final class Job<M> implements MapPartitionsFunction<Row, Row> {

    private static final long serialVersionUID = 1L;

    private final Settings<M> settings;
    private final String inputs;
    private final boolean errors;
    private final Counts counts;

    /** The inputs are what a failure names; errors go to a column of their own or fail the task. */
    Job(Settings<M> settings, String inputs, boolean errors, Counts counts) {
        this.settings = settings;
        this.inputs = inputs;
        this.errors = errors;
        this.counts = counts;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) throws IOException {
        if (!rows.hasNext()) {
            return rows;
        }
        Models.Lease<M> lease = Models.lease(settings);
        // Ended, killed or failed: Spark tells, even when nobody reads to the end.
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> {
            counts.done(lease.taken());
            lease.close();
        });
        return Work.mapped(settings.work.run(lease.model, rows), this::row);
    }

    private Row row(Done found) {
        if (found.failure != null) {
            counts.failed();
            if (!errors) {
                throw new IllegalArgumentException(
                        inputs + ", partition " + TaskContext.getPartitionId() + ": " + found.failure.getMessage()
                                + " (set errorCol to keep such rows, with the reason)",
                        found.failure);
            }
            return row(found.row, null, found.failure.getMessage());
        }
        if (found.value == null) {
            counts.foundNull();
        } else {
            counts.found(found.found);
        }
        return row(found.row, found.value, null);
    }

    private Row row(Row row, Object value, String error) {
        int width = row.size();
        Object[] values = new Object[width + (errors ? 2 : 1)];
        for (int i = 0; i < width; i++) {
            values[i] = row.get(i);
        }
        values[width] = value;
        if (errors) {
            values[width + 1] = error;
        }
        return RowFactory.create(values);
    }
}
