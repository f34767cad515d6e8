package org.djlift.spark;

import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * A stage of Spark ML that adds a column with the entities of a column with texts: {@code
 * array<struct<label:string,score:float,word:string,start:int,end:int>>}, what {@code djlift predict} gives for the
 * same archive.
 *
 * <pre>{@code
 * Dataset<Row> found = new TokenClassificationTransformer()
 *         .setInputCol("text")
 *         .setOutputCol("entities")
 *         .setArchive("/models/ner-1.0.0-fp32.zip")
 *         .transform(articles);
 * }</pre>
 *
 * <p>A null text has null for entities. A text that cannot be classified ends the task, with its beginning and its
 * place in the message, unless {@link #setErrorCol} names a column for the reason. All tasks of a JVM share one model;
 * a task holds a thousand rows at most. Rows keep their order; batch and streaming data are taken alike.
 */
public final class TokenClassificationTransformer extends TokenClassificationParams implements DefaultParamsWritable {

    private static final long serialVersionUID = 1L;

    /** Makes a stage with a name of its own. */
    public TokenClassificationTransformer() {
        this(Identifiable.randomUID("djlift"));
    }

    /**
     * Makes a stage.
     *
     * @param uid its name, which no other stage has
     */
    public TokenClassificationTransformer(String uid) {
        super(uid);
    }

    /**
     * Returns the reader of stages that were saved; {@code PipelineModel.load} calls it.
     *
     * @return a reader
     */
    public static MLReader<TokenClassificationTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path where it was saved
     * @return the stage
     */
    public static TokenClassificationTransformer load(String path) {
        return read().load(path);
    }

    /**
     * Sets the column with texts.
     *
     * @param value the name of a string column; {@code text} unless set
     * @return this stage
     */
    public TokenClassificationTransformer setInputCol(String value) {
        set(inputCol(), value);
        return this;
    }

    /**
     * Returns the column with texts.
     *
     * @return what was set, or the default
     */
    public String getInputCol() {
        return getOrDefault(inputCol());
    }

    /**
     * Sets the new column with entities.
     *
     * @param value a name; {@code entities} unless set
     * @return this stage
     */
    public TokenClassificationTransformer setOutputCol(String value) {
        set(outputCol(), value);
        return this;
    }

    /**
     * Returns the new column with entities.
     *
     * @return what was set, or the default
     */
    public String getOutputCol() {
        return getOrDefault(outputCol());
    }

    /**
     * Sets the new column that says why a row has no entities; such a row then no longer ends its task.
     *
     * @param value a name
     * @return this stage
     */
    public TokenClassificationTransformer setErrorCol(String value) {
        set(errorCol(), value);
        return this;
    }

    /**
     * Returns the new column that says why a row has no entities; such a row then no longer ends its task.
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
    public TokenClassificationTransformer setArchive(String value) {
        set(archive(), value);
        return this;
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
    public TokenClassificationTransformer setZoo(String value) {
        set(zoo(), value);
        return this;
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
     * Sets the aggregation strategy.
     *
     * @param value {@code none}, {@code simple}, {@code first}, {@code average} or {@code max}; the archive's unless
     *     set
     * @return this stage
     */
    public TokenClassificationTransformer setAggregationStrategy(String value) {
        set(aggregationStrategy(), value);
        return this;
    }

    /**
     * Returns the aggregation strategy.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public String getAggregationStrategy() {
        return getOrDefault(aggregationStrategy());
    }

    /**
     * Sets the unit of {@code start} and {@code end}.
     *
     * @param value {@code utf16} (unless set), which fits Java's and Scala's {@code substring}, or {@code codepoints},
     *     which fits Spark SQL's {@code substring} and Python
     * @return this stage
     */
    public TokenClassificationTransformer setOffsets(String value) {
        set(offsets(), value);
        return this;
    }

    /**
     * Returns the unit of {@code start} and {@code end}.
     *
     * @return what was set, or the default
     */
    public String getOffsets() {
        return getOrDefault(offsets());
    }

    /**
     * Sets the device.
     *
     * @param value {@code cpu} (unless set), or {@code gpu0} and so on, which needs ONNX Runtime's GPU jar
     * @return this stage
     */
    public TokenClassificationTransformer setDevice(String value) {
        set(device(), value);
        return this;
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
     * Sets the way in which long texts are read.
     *
     * @param value tokens that overlap between windows; negative (unless set): no windows, the text is cut
     * @return this stage
     */
    public TokenClassificationTransformer setStride(int value) {
        set(stride(), value);
        return this;
    }

    /**
     * Returns the way in which long texts are read.
     *
     * @return what was set, or the default
     */
    public int getStride() {
        return number(stride());
    }

    /**
     * Sets what a calibration found on machines such as the executors: the size of a run, and how many of them a task
     * has at a time, with how many threads.
     *
     * @param file a file of {@code djlift calibrate}, which the driver reads when {@code transform} is called
     * @return this stage
     */
    public TokenClassificationTransformer setCalibration(String file) {
        set(calibration(), file);
        return this;
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
    public TokenClassificationTransformer setTokenBudget(int value) {
        set(tokenBudget(), value);
        return this;
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
    public TokenClassificationTransformer setIntraOpThreads(int value) {
        set(intraOpThreads(), value);
        return this;
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
    public Dataset<Row> transform(Dataset<?> dataset) {
        transformSchema(dataset.schema());
        EntityWork work = work(Columns.place(dataset.schema(), getInputCol()));
        return run(dataset, work, Columns.named(getInputCol()), "entities");
    }

    @Override
    public StructType transformSchema(StructType schema) {
        checkSettings();
        return checkColumns(schema);
    }

    @Override
    public TokenClassificationTransformer copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    EntityWork work(int input) {
        return new EntityWork(optional(aggregationStrategy()), getStride(), input, getOffsets().equals(CODE_POINTS));
    }
}
