package org.djlift;

import org.djlift.data.Calibration;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Calibrator;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.LoadSettings;
import org.djlift.internal.engine.Loaded;
import org.djlift.internal.engine.Task;
import org.djlift.internal.reader.OpenedArchive;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * Settings of a model; what is not set is the archive's.
 *
 * @param <M> the model
 * @param <I> an input of it
 */
public final class TaskBuilder<M extends TextModel<I, ?>, I> extends ModelBuilder<TaskBuilder<M, I>> {

    /** The constructor of a task's model. */
    interface Make<M, I> {

        M model(TaskBuilder<?, I> builder, OpenedArchive archive) throws IOException;
    }

    private final Task<I, ?> task;
    private final Make<M, I> make;
    Parameters parameters = Parameters.none();

    TaskBuilder(Path path, Task<I, ?> task, Make<M, I> make) {
        super(path);
        this.task = task;
        this.make = make;
    }

    TaskBuilder(String location, Task<I, ?> task, Make<M, I> make) {
        super(location);
        this.task = task;
        this.make = make;
    }

    @Override
    TaskBuilder<M, I> self() {
        return this;
    }

    @Override
    String task() {
        return task.name();
    }

    /**
     * Sets the parameters of calls that name none, key by key.
     *
     * @param json a JSON object, as {@code parameters} in docs/archive.md
     * @return this builder
     * @throws IllegalArgumentException if the task has no such parameter
     */
    public TaskBuilder<M, I> parameters(String json) {
        this.parameters = Parameters.parse(json).only(task.parameters());
        return this;
    }

    /**
     * Tries the archive with other token budgets and other splits of the threads, as {@link
     * TokenClassifierBuilder#calibrate} does.
     *
     * @param inputs some hundred inputs like those to come
     * @param time about how long to try
     * @return what was found, for {@link #calibration} or a file
     * @throws IOException if the archive cannot be used
     * @throws IllegalArgumentException if there are no inputs or no time
     */
    public Calibration calibrate(Collection<I> inputs, Duration time) throws IOException {
        return calibrated(inputs, time, new Calibrator.Work<I>() {

            @Override
            public Loaded load(LoadSettings trial, OpenedArchive archive) throws IOException {
                return new Loaded(trial, archive, task.name(), task.form());
            }

            @Override
            public Codec<I, ?> codec(Loaded loaded) throws IOException {
                return task.bind(loaded.folder, loaded.tokenization)
                        .codec(parameters.over(loaded.folder.parameters()));
            }
        });
    }

    /**
     * Calibrates on inputs as {@code djlift predict} reads them.
     *
     * @param inputs JSON objects
     * @param time about how long to try
     * @return what was found
     * @throws IOException if the archive cannot be used
     * @throws IllegalArgumentException if there are no inputs or no time, or one is no input of this task
     */
    public Calibration calibrateJson(List<String> inputs, Duration time) throws IOException {
        return calibrate(TextModel.read(inputs, task), time);
    }

    /**
     * Loads the model.
     *
     * @return the model; close it after use
     * @throws IOException if the archive cannot be used, or fails its self-test
     */
    public M build() throws IOException {
        return built(archive -> make.model(this, archive), TextModel::selfTest);
    }
}
