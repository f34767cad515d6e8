package org.djlift.spark;

import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.data.Calibration;
import org.djlift.internal.graph.SessionSettings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A stage of Spark ML that adds a column with what a model gives: what the stages of all tasks have in common.
 *
 * <p>A row with a null among its inputs has null for output. A row that cannot be run fails its Spark task, with
 * its beginning and its place in the message, unless {@link #setErrorCol} names a column for the reason. All tasks of a JVM
 * share one model; a task holds a thousand rows at most. Rows keep their order; batch and streaming data are taken
 * alike.
 *
 * @param <T> the stage itself
 * @serial exclude
 */
public abstract class TaskTransformer<T extends TaskTransformer<T>> extends SharedParams<T>
        implements DefaultParamsWritable {

    private static final long serialVersionUID = 1L;

    TaskTransformer(String uid, String output) {
        super(uid, output);
    }

    /** Refuses a schema without the inputs. */
    abstract void checkInputs(StructType schema);

    /** What is in the new column. */
    abstract DataType output();

    /** The names of the columns with inputs. */
    abstract String[] inputs();

    /** What is done with rows of a schema. */
    abstract TaskWork<?, ?, ?, ?> work(StructType schema);

    /** What is counted in the outputs; null where there is one for each input. */
    String things() {
        return null;
    }

    @Override
    void check() {
        if (!isDefined(archive())) {
            throw new IllegalArgumentException(Source.EXPECTED + "none; call setArchive");
        }
        Source.check(getArchive());
        super.check();
        try {
            SessionSettings.device(getDevice());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("device: expected cpu, gpu0, gpu1 and so on, found " + getDevice(), e);
        }
    }

    @Override
    public final Dataset<Row> transform(Dataset<?> dataset) {
        StructType schema = transformSchema(dataset.schema());
        if (dataset.sparkSession().sparkContext().isLocal()) {
            Source.checkHere(getArchive());
        }
        Counts counts = new Counts(dataset.sparkSession().sparkContext(), uid(), things());
        Settings<?> settings = settings(work(dataset.schema()));
        boolean errors = isDefined(errorCol());
        Job<?> job = new Job<>(settings, Columns.named(inputs()), errors, counts);
        return dataset.toDF().mapPartitions(job, Encoders.row(schema));
    }

    @Override
    public final StructType transformSchema(StructType schema) {
        check();
        checkInputs(schema);
        StructType with = Columns.added(schema, outputCol().name(), getOutputCol(), output());
        String errors = optional(errorCol());
        return errors == null ? with : Columns.added(with, errorCol().name(), errors, Columns.TEXT);
    }

    final <M> Settings<M> settings(Work<M> work) {
        try {
            // What is set besides wins over a calibration, as in ModelBuilder.
            String file = optional(calibration());
            Calibration found = file == null ? null : calibration(file);
            int threads = getIntraOpThreads();
            return new Settings<>(
                    Source.pinned(getArchive(), optional(zoo()), work.task()),
                    work,
                    found == null || isSet(tokenBudget()) ? getTokenBudget() : found.tokenBudget(),
                    found == null ? 1 : found.concurrentRuns(),
                    getDevice(),
                    found == null || threads > 0 ? threads : found.intraOpThreads());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Calibration calibration(String file) {
        Path path = Source.path(file);
        if (path == null || !Files.isReadable(path) || Files.isDirectory(path)) {
            String found = path != null && Files.notExists(path) ? "nothing at " + path : file;
            throw new IllegalArgumentException("calibration: expected a file that the driver can read, found " + found);
        }
        try {
            return Calibration.read(path);
        } catch (IOException e) {
            throw new IllegalArgumentException("calibration: " + e.getMessage(), e);
        }
    }

    @Override
    public T copy(ParamMap extra) {
        return defaultCopy(extra);
    }
}
