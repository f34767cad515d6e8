package org.djlift.spark;

import com.google.gson.JsonObject;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * A stage of Spark ML that adds a column with what a model of one task gives: what the stages of all tasks but token
 * classification have in common.
 *
 * <p>A row with a null among its inputs has null for output. A row that cannot be run ends its Spark task, with its
 * beginning and its place in the message, unless {@link #setErrorCol} names a column for the reason. All tasks of a JVM
 * share one model; a task holds a thousand rows at most. Rows keep their order; batch and streaming data are
 * taken alike.
 *
 * @param <T> the stage itself
 * @serial exclude
 */
public abstract class TaskTransformer<T extends TaskTransformer<T>> extends ModelParams
        implements DefaultParamsWritable {

    private static final long serialVersionUID = 1L;

    TaskTransformer(String uid, String output, String content) {
        super(uid, output, content, "run");
    }

    /** Refuses settings of the task that make no sense. */
    abstract void checkTask();

    /** Refuses a schema without the inputs. */
    abstract void checkInputs(StructType schema);

    /** What is in the new column. */
    abstract DataType output();

    /** The names of the columns with inputs. */
    abstract String[] inputs();

    /** What is done with rows of a schema. */
    abstract Work<?> work(StructType schema);

    @SuppressWarnings("unchecked")
    private T self() {
        return (T) this;
    }

    /** Sets a parameter. */
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

    /** A parameter for another column. */
    final Param<String> text(String name, String doc) {
        return new Param<>(this, name, doc);
    }

    /** Adds what is set to the parameters of a call. */
    final void put(JsonObject parameters, String name, Param<String> param) {
        if (isDefined(param)) {
            parameters.addProperty(name, getOrDefault(param));
        }
    }

    /** Adds a number that is set to the parameters of a call; 0 is null, which stands for no limit. */
    final void put(JsonObject parameters, String name, IntParam param) {
        if (isDefined(param)) {
            int value = number(param);
            parameters.addProperty(name, value == 0 ? null : (Number) value);
        }
    }

    /** Refuses a number that is set and too small. */
    final void ifSet(IntParam param, int least) {
        if (isDefined(param)) {
            atLeast(param, least);
        }
    }

    /** Where a column is. */
    static int place(StructType schema, String name) {
        return Columns.place(schema, name);
    }

    /**
     * Sets the new column.
     *
     * @param value a name
     * @return this stage
     */
    public T setOutputCol(String value) {
        return with(outputCol(), value);
    }

    /**
     * Returns the new column.
     *
     * @return what was set, or the default
     */
    public String getOutputCol() {
        return getOrDefault(outputCol());
    }

    /**
     * Sets the new column that says why a row has no output; such a row then no longer ends its task.
     *
     * @param value a name
     * @return this stage
     */
    public T setErrorCol(String value) {
        return with(errorCol(), value);
    }

    /**
     * Returns the new column that says why a row has no output.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getErrorCol() {
        return getOrDefault(errorCol());
    }

    /**
     * Sets the archive.
     *
     * @param value a path that every executor can read, {@code files:NAME} for what {@code SparkContext.addFile}
     *     distributes, or {@code djlift://group/name/version?precision=fp16} for a zoo; a version that is left open is
     *     settled on the driver, once for all executors
     * @return this stage
     */
    public T setArchive(String value) {
        return with(archive(), value);
    }

    /**
     * Returns the archive.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getArchive() {
        return getOrDefault(archive());
    }

    /**
     * Sets the zoo that {@code djlift://} is looked up in.
     *
     * @param value a folder or an address that every executor can read; by default that of the system property {@code
     *     djlift.zoo} or the environment variable {@code DJLIFT_ZOO} of the driver
     * @return this stage
     */
    public T setZoo(String value) {
        return with(zoo(), value);
    }

    /**
     * Returns the zoo that {@code djlift://} is looked up in.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getZoo() {
        return getOrDefault(zoo());
    }

    /**
     * Sets the device.
     *
     * @param value {@code cpu} (unless set), or {@code gpu0} and so on, which needs ONNX Runtime's GPU jar
     * @return this stage
     */
    public T setDevice(String value) {
        return with(device(), value);
    }

    /**
     * Returns the device.
     *
     * @return what was set, or the default
     */
    public String getDevice() {
        return getOrDefault(device());
    }

    /**
     * Sets what a calibration found on machines such as the executors: the size of a run, and how many of them a task
     * has at a time, with how many threads.
     *
     * @param file a file of {@code djlift calibrate}, which the driver reads when {@code transform} is called
     * @return this stage
     */
    public T setCalibration(String file) {
        return with(calibration(), file);
    }

    /**
     * Returns the file of the calibration.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getCalibration() {
        return getOrDefault(calibration());
    }

    /**
     * Sets the size of a run of the model.
     *
     * @param value most tokens, padding included; 1,024 unless set
     * @return this stage
     */
    public T setTokenBudget(int value) {
        return with(tokenBudget(), value);
    }

    /**
     * Returns the size of a run of the model.
     *
     * @return what was set, or the default
     */
    public int getTokenBudget() {
        return number(tokenBudget());
    }

    /**
     * Sets the threads that a task has within an operator.
     *
     * @param value a number; 0 (unless set) for {@code spark.task.cpus}
     * @return this stage
     */
    public T setIntraOpThreads(int value) {
        return with(intraOpThreads(), value);
    }

    /**
     * Returns the threads that a task has within an operator.
     *
     * @return what was set, or the default
     */
    public int getIntraOpThreads() {
        return number(intraOpThreads());
    }

    @Override
    public final Dataset<Row> transform(Dataset<?> dataset) {
        transformSchema(dataset.schema());
        return run(dataset, work(dataset.schema()), Columns.named(inputs()), null);
    }

    @Override
    public final StructType transformSchema(StructType schema) {
        checkModel();
        checkTask();
        checkInputs(schema);
        return added(schema, output());
    }

    @Override
    public T copy(ParamMap extra) {
        return defaultCopy(extra);
    }
}
