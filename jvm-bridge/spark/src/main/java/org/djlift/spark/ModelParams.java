package org.djlift.spark;

import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.djlift.data.Calibration;
import org.djlift.internal.graph.SessionSettings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The parameters that every stage has, whatever the task of its model, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class ModelParams extends Transformer {

    private static final long serialVersionUID = 1L;
    static final String UTF16 = "utf16";
    static final String CODE_POINTS = "codepoints";

    private final String uid;

    private final Param<String> outputCol;
    private final Param<String> errorCol;
    private final Param<String> archive;
    private final Param<String> zoo;
    private final Param<String> device;
    private final Param<String> calibration;
    private final IntParam tokenBudget;
    private final IntParam intraOpThreads;

    /** The output is the name of the new column unless set, the content what is in it. */
    ModelParams(String uid, String output, String content, String done) {
        // Parameters ask for the name of their stage as they are made.
        this.uid = uid;
        outputCol = new Param<>(this, "outputCol", "the new column with " + content);
        errorCol = new Param<>(
                this, "errorCol", "the new column with the reason for each row that cannot be " + done);
        archive = new Param<>(this, "archive", "the archive: a path, files:NAME or djlift://group/name/version");
        zoo = new Param<>(this, "zoo", "the folder or address of the zoo that djlift:// is looked up in");
        device = new Param<>(this, "device", "cpu, or gpu0 and so on");
        calibration = new Param<>(this, "calibration", "a file of djlift calibrate, which the driver reads");
        tokenBudget = new IntParam(this, "tokenBudget", "most tokens of a run of the model, padding included");
        intraOpThreads = new IntParam(
                this, "intraOpThreads", "threads of a task within an operator; 0: as many cores as Spark gives it");
        setDefault(outputCol, output);
        setDefault(device, "cpu");
        setDefault(tokenBudget, 1024);
        setDefault(intraOpThreads, 0);
    }

    /**
     * Returns the name of this stage, which no other has.
     *
     * @return the name
     */
    @Override
    public String uid() {
        return uid;
    }

    /**
     * Returns the parameter for the new column.
     *
     * @return the parameter: the new column with what the model gives
     */
    public Param<String> outputCol() {
        return outputCol;
    }

    /**
     * Returns the parameter for the new column with failures.
     *
     * @return the parameter: the new column with the reason for each row that cannot be run
     */
    public Param<String> errorCol() {
        return errorCol;
    }

    /**
     * Returns the parameter for the archive.
     *
     * @return the parameter: the archive: a path, files:NAME or djlift://group/name/version
     */
    public Param<String> archive() {
        return archive;
    }

    /**
     * Returns the parameter for the zoo.
     *
     * @return the parameter: the folder or address of the zoo that djlift:// is looked up in
     */
    public Param<String> zoo() {
        return zoo;
    }

    /**
     * Returns the parameter for the device.
     *
     * @return the parameter: cpu, or gpu0 and so on
     */
    public Param<String> device() {
        return device;
    }

    /**
     * Returns the parameter for the calibration.
     *
     * @return the parameter: a file of {@code djlift calibrate}, which the driver reads
     */
    public Param<String> calibration() {
        return calibration;
    }

    /**
     * Returns the parameter for the token budget.
     *
     * @return the parameter: most tokens of a run of the model, padding included
     */
    public IntParam tokenBudget() {
        return tokenBudget;
    }

    /**
     * Returns the parameter for the threads.
     *
     * @return the parameter: threads of a task within an operator; 0: as many cores as Spark gives it
     */
    public IntParam intraOpThreads() {
        return intraOpThreads;
    }

    /** The value of a parameter, or null where it has none. */
    final <V> V optional(Param<V> param) {
        return isDefined(param) ? getOrDefault(param) : null;
    }

    /** The value of a number. */
    final int number(IntParam param) {
        return ((Number) getOrDefault(param)).intValue();
    }

    /** Refuses settings of every stage that make no sense. */
    final void checkModel() {
        if (!isDefined(archive)) {
            throw new IllegalArgumentException(Source.EXPECTED + "none; call setArchive");
        }
        Source.check(getOrDefault(archive));
        atLeast(tokenBudget, 1);
        atLeast(intraOpThreads, 0);
        if (number(intraOpThreads) > SessionSettings.MOST_THREADS) {
            throw new IllegalArgumentException("intraOpThreads: expected at most " + SessionSettings.MOST_THREADS
                    + ", found " + number(intraOpThreads));
        }
    }

    final void oneOf(Param<String> param, List<String> allowed) {
        String value = getOrDefault(param);
        if (!allowed.contains(value)) {
            throw new IllegalArgumentException(
                    param.name() + ": expected " + String.join(" or ", allowed) + ", found " + value);
        }
    }

    final void atLeast(IntParam param, int least) {
        if (number(param) < least) {
            throw new IllegalArgumentException(
                    param.name() + ": expected " + least + " or more, found " + number(param));
        }
    }

    /** The schema with the new columns; refuses one where a column is to be that is there already. */
    final StructType added(StructType schema, DataType type) {
        StructType with = Columns.added(schema, outputCol.name(), getOrDefault(outputCol), type);
        String errors = optional(errorCol);
        return errors == null ? with : Columns.added(with, errorCol.name(), errors, Columns.TEXT);
    }

    /** The rows with the new columns; failures name the inputs. */
    final <M> Dataset<Row> run(Dataset<?> dataset, Work<M> work, String inputs, String things) {
        StructType schema = transformSchema(dataset.schema());
        Counts counts = new Counts(dataset.sparkSession().sparkContext(), uid, things);
        Job<M> job = new Job<>(settings(work), inputs, optional(errorCol) != null, counts);
        return dataset.toDF().mapPartitions(job, Encoders.row(schema));
    }

    final <M> Settings<M> settings(Work<M> work) {
        try {
            // What is set besides wins over a calibration.
            String file = optional(calibration);
            Calibration found = file == null ? null : calibration(file);
            int threads = number(intraOpThreads);
            return new Settings<>(
                    Source.pinned(getOrDefault(archive), optional(zoo), work.task()),
                    work,
                    found == null || isSet(tokenBudget) ? number(tokenBudget) : found.tokenBudget(),
                    found == null ? 1 : found.concurrentRuns(),
                    getOrDefault(device),
                    found == null || threads > 0 ? threads : found.intraOpThreads());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Calibration calibration(String file) throws IOException {
        Path path = Source.path(file);
        if (path == null) {
            throw new IllegalArgumentException("calibration: expected a path that the driver can read, found " + file);
        }
        return Calibration.read(path);
    }
}
