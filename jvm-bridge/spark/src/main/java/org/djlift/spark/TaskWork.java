package org.djlift.spark;

import org.apache.spark.sql.Row;
import org.djlift.ModelBuilder;
import org.djlift.Outcome;
import org.djlift.TaskOptions;
import org.djlift.TextModel;
import org.djlift.data.StageTimes;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Function;

/**
 * A task: how its model is loaded, what it takes of a row and what it gives.
 *
 * @param <M> the model
 * @param <I> an input of it
 * @param <O> an output of it
 * @param <P> its options
 */
abstract class TaskWork<M extends TextModel<I, O, P>, I, O, P extends TaskOptions> implements Work<M> {

    private static final long serialVersionUID = 1L;

    private final String task;
    /** What it does not name is the archive's. */
    private final P options;

    TaskWork(String task, P options) {
        this.task = task;
        this.options = options;
    }

    abstract ModelBuilder<M, I, P> builder(Path archive);

    /** The model's own stream, which goes on where an input cannot be run. */
    abstract Iterator<Outcome<Item<I>, O>> stream(M model, Iterator<Item<I>> items, Function<? super Item<I>, I> input);

    /** The input of a row; null where one of its columns is. What it throws is the row's failure. */
    abstract I input(Row row);

    /** What stands in the new column. */
    abstract Object value(O output);

    /** How many things an output has, where those are counted. */
    int count(O output) {
        return 1;
    }

    @Override
    public final String key() {
        return task + " " + options;
    }

    @Override
    public final String task() {
        return task;
    }

    @Override
    public final M load(Path archive, Settings<M> settings) throws IOException {
        ModelBuilder<M, I, P> builder = builder(archive).options(options);
        settings.applyTo(builder);
        return builder.build();
    }

    @Override
    public final StageTimes times(M model) {
        return model.stageTimes();
    }

    @Override
    public final void close(M model) {
        model.close();
    }

    @Override
    public final Iterator<Done> run(M model, Iterator<Row> rows) {
        long[] done = new long[1];
        Iterator<Outcome<Item<I>, O>> found = stream(model, Work.mapped(rows, this::item), item -> item.input);
        return Work.mapped(found, one -> answer(one, done[0]++));
    }

    private Item<I> item(Row row) {
        try {
            return new Item<>(row, input(row), null);
        } catch (IllegalArgumentException e) {
            return new Item<>(row, null, e);
        }
    }

    private Done answer(Outcome<Item<I>, O> found, long index) {
        Item<I> item = found.item();
        RuntimeException failure = item.problem == null
                ? found.failure().orElse(null)
                // As the model says it of what it cannot run.
                : new IllegalArgumentException(
                        "input " + index + " cannot be run: " + item.problem.getMessage(), item.problem);
        if (failure != null) {
            return new Done(item.row, null, 0, failure);
        }
        return found.output()
                .map(output -> new Done(item.row, value(output), count(output), null))
                .orElseGet(() -> new Done(item.row, null, 0, null));
    }

    /** A text of a row; null where there is none, or no column. */
    static String text(Row row, int column) {
        return column < 0 || row.isNullAt(column) ? null : row.getString(column);
    }

    /** Numbers as Spark takes them. */
    static Float[] numbers(float[] values) {
        Float[] numbers = new Float[values.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = values[i];
        }
        return numbers;
    }

    /** A row with its input, or with the reason why it has none. */
    static final class Item<I> extends Held {

        private final I input;
        private final RuntimeException problem;

        private Item(Row row, I input, RuntimeException problem) {
            super(row);
            this.input = input;
            this.problem = problem;
        }
    }
}
