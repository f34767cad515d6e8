package org.djlift.spark;

import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.TaskCompletionListener;
import org.djlift.Classified;
import org.djlift.Entity;
import org.djlift.TextException;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;

/** What a task does with the rows of its partition. */
final class Job implements MapPartitionsFunction<Row, Row> {

    private static final long serialVersionUID = 1L;

    private final Settings settings;
    private final int input;
    private final String inputName;
    private final boolean codePoints;
    private final boolean errors;
    private final Counts counts;

    /** The input is the place of the column with texts; errors go to a column of their own or end the task. */
    Job(Settings settings, int input, String inputName, boolean codePoints, boolean errors, Counts counts) {
        this.settings = settings;
        this.input = input;
        this.inputName = inputName;
        this.codePoints = codePoints;
        this.errors = errors;
        this.counts = counts;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) throws IOException {
        if (!rows.hasNext()) {
            return rows;
        }
        Models.Lease lease = Models.lease(settings);
        // Ended, killed or failed: Spark tells, even when nobody reads to the end.
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> {
            counts.done(lease.taken());
            lease.close();
        });
        Iterator<Classified<Row>> found = lease.classifier.classify(rows, row -> row.getString(input));
        return new Iterator<Row>() {
            @Override
            public boolean hasNext() {
                return found.hasNext();
            }

            @Override
            public Row next() {
                return answer(found.next());
            }
        };
    }

    private Row answer(Classified<Row> found) {
        TextException failure = found.failure().orElse(null);
        if (failure != null) {
            counts.failed();
            if (!errors) {
                throw new IllegalArgumentException(
                        "column '" + inputName + "', partition " + TaskContext.getPartitionId() + ": "
                                + failure.getMessage() + " (set errorCol to keep such rows, with the reason)",
                        failure);
            }
            return row(found.item(), null, failure.getMessage());
        }
        List<Entity> entities = found.entities();
        if (entities == null) {
            counts.foundNull();
            return row(found.item(), null, null);
        }
        counts.found(entities.size());
        return row(found.item(), entities.stream().map(this::struct).toArray(Row[]::new), null);
    }

    private Row row(Row row, Row[] entities, String error) {
        int width = row.size();
        Object[] values = new Object[width + (errors ? 2 : 1)];
        for (int i = 0; i < width; i++) {
            values[i] = row.get(i);
        }
        values[width] = entities;
        if (errors) {
            values[width + 1] = error;
        }
        return RowFactory.create(values);
    }

    private Row struct(Entity entity) {
        return RowFactory.create(
                entity.label(),
                entity.score(),
                entity.word(),
                codePoints ? entity.codePointStart() : entity.start(),
                codePoints ? entity.codePointEnd() : entity.end());
    }
}
