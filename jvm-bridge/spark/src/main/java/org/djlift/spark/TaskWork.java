package org.djlift.spark;

import com.google.gson.JsonObject;

import org.apache.spark.sql.Row;
import org.djlift.Outcome;
import org.djlift.TaskBuilder;
import org.djlift.TextModel;
import org.djlift.data.StageTimes;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Function;

/**
 * A task beside token classification: how its model is loaded, what it takes of a row and what it gives.
 *
 * @param <M> the model
 * @param <I> an input of it
 * @param <O> an output of it
 */
abstract class TaskWork<M extends TextModel<I, O>, I, O> implements Work<M> {

    private static final long serialVersionUID = 1L;

    /** A JSON object; what it does not name is the archive's. */
    private final String parameters;

    private final String task;

    TaskWork(String task, JsonObject parameters) {
        this.task = task;
        this.parameters = parameters.toString();
    }

    abstract TaskBuilder<M, I> builder(Path archive);

    /** The model's own stream, which goes on where an input cannot be run. */
    abstract Iterator<Outcome<Item<I>, O>> stream(
            M model, Iterator<Item<I>> items, Function<? super Item<I>, I> input);

    /** The input of a row; null where one of its columns is. What it throws is the row's failure. */
    abstract I input(Row row);

    /** What stands in the new column. */
    abstract Object value(O output);

    @Override
    public final String key() {
        return getClass().getName() + " " + parameters;
    }

    @Override
    public final String task() {
        return task;
    }

    @Override
    public final M load(Path archive, Settings<M> settings) throws IOException {
        return settings.applied(builder(archive)).parameters(parameters).build();
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
        O output = failure == null ? found.output() : null;
        return output == null
                ? new Done(item.row, null, 0, failure)
                : new Done(item.row, value(output), 1, null);
    }

    /** A text of a row; null where there is none. */
    static String text(Row row, int column) {
        return row.isNullAt(column) ? null : row.getString(column);
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
