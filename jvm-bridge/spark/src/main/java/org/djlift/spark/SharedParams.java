// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;

/**
 * The parameters that all stages have, with what they are unless set.
 *
 * @param <T> the stage itself
 *
 * @serial exclude
 */
public abstract class SharedParams<T extends SharedParams<T>> extends Stage<T> {

    private static final long serialVersionUID = 1L;

    private final Param<String> outputCol = new Param<>(
            this, "outputCol", "the new column");
    private final Param<String> errorCol = new Param<>(
            this, "errorCol", "the new column with the reason for each row that cannot be run; a name; such a row then no "
                    + "longer fails the task; for example a text without a mask in FillMaskTransformer, an empty "
                    + "question in QuestionAnsweringTransformer, or a text that the tokenizer cannot encode gives a"
                    + " reason that starts with input 3 cannot be run; a missing archive or a wrong device fails "
                    + "the task or transform and fills no row");
    private final Param<String> archive = new Param<>(
            this, "archive", "the archive; a path that every executor can read (file:/ and dbfs:/ too), files:NAME for "
                    + "what SparkContext.addFile distributes (also from HDFS or S3), or "
                    + "djlift://group/name/version?precision=fp16 for a zoo; the driver settles an open version, "
                    + "once for all executors");
    private final Param<String> zoo = new Param<>(
            this, "zoo", "the zoo in which djlift:// is looked up; a folder or an address that every executor can "
                    + "read; unset: DJLIFT_ZOO");
    private final Param<String> device = new Param<>(
            this, "device", "the device; cpu, or gpu0 and so on, which needs ONNX Runtime's GPU jar");
    private final Param<String> calibration = new Param<>(
            this, "calibration", "the file of a calibration; a path; djlift calibrate writes it, on a machine such as the "
                    + "executors, with --threads of spark.task.cpus; the driver reads it in transform; tokenBudget "
                    + "and intraOpThreads win over it where they are set");
    private final IntParam tokenBudget = new IntParam(
            this, "tokenBudget", "the most tokens of a batch, padding included; 1 or more; a longer text runs alone; it does "
                    + "not cut texts");
    private final IntParam intraOpThreads = new IntParam(
            this, "intraOpThreads", "the threads of a task within an operator; 0 for spark.task.cpus");

    SharedParams(String uid, String output) {
        super(uid);
        setDefault(outputCol, output);
        setDefault(device, "cpu");
        setDefault(tokenBudget, 1024);
        setDefault(intraOpThreads, 0);
    }

    @Override
    void check() {
        super.check();
        atLeast(tokenBudget, 1);
        atLeast(intraOpThreads, 0);
        atMost(intraOpThreads, 1024);
    }

    /**
     * Returns the parameter for the new column.
     *
     * @return the parameter
     */
    public final Param<String> outputCol() {
        return outputCol;
    }

    /**
     * Sets the new column.
     *
     * @param value a name; the name that its stage gives it unless set
     * @return this stage
     */
    public final T setOutputCol(String value) {
        return with(outputCol, value);
    }

    /**
     * Returns the new column.
     *
     * @return what was set, or the default
     */
    public final String getOutputCol() {
        return getOrDefault(outputCol);
    }

    /**
     * Returns the parameter for the new column with the reason for each row that cannot be run.
     *
     * @return the parameter
     */
    public final Param<String> errorCol() {
        return errorCol;
    }

    /**
     * Sets the new column with the reason for each row that cannot be run.
     *
     * @param value a name; such a row then no longer fails the task; for example a text without a mask in
     *     FillMaskTransformer, an empty question in QuestionAnsweringTransformer, or a text that the tokenizer cannot
     *     encode gives a reason that starts with {@code input 3 cannot be run}; a missing archive or a wrong device
     *     fails the task or {@code transform} and fills no row
     * @return this stage
     */
    public final T setErrorCol(String value) {
        return with(errorCol, value);
    }

    /**
     * Returns the new column with the reason for each row that cannot be run.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getErrorCol() {
        return getOrDefault(errorCol);
    }

    /**
     * Returns the parameter for the archive.
     *
     * @return the parameter
     */
    public final Param<String> archive() {
        return archive;
    }

    /**
     * Sets the archive.
     *
     * @param value a path that every executor can read ({@code file:/} and {@code dbfs:/} too), {@code files:NAME} for
     *     what {@code SparkContext.addFile} distributes (also from HDFS or S3), or {@code
     *     djlift://group/name/version?precision=fp16} for a zoo; the driver settles an open version, once for all
     *     executors
     * @return this stage
     */
    public final T setArchive(String value) {
        return with(archive, value);
    }

    /**
     * Returns the archive.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getArchive() {
        return getOrDefault(archive);
    }

    /**
     * Returns the parameter for the zoo in which {@code djlift://} is looked up.
     *
     * @return the parameter
     */
    public final Param<String> zoo() {
        return zoo;
    }

    /**
     * Sets the zoo in which {@code djlift://} is looked up.
     *
     * @param value a folder or an address that every executor can read; the system property {@code djlift.zoo} or the
     *     environment variable {@code DJLIFT_ZOO} of the driver unless set
     * @return this stage
     */
    public final T setZoo(String value) {
        return with(zoo, value);
    }

    /**
     * Returns the zoo in which {@code djlift://} is looked up.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getZoo() {
        return getOrDefault(zoo);
    }

    /**
     * Returns the parameter for the device.
     *
     * @return the parameter
     */
    public final Param<String> device() {
        return device;
    }

    /**
     * Sets the device.
     *
     * @param value {@code cpu}, or {@code gpu0} and so on, which needs ONNX Runtime's GPU jar; {@code cpu} unless set
     * @return this stage
     */
    public final T setDevice(String value) {
        return with(device, value);
    }

    /**
     * Returns the device.
     *
     * @return what was set, or the default
     */
    public final String getDevice() {
        return getOrDefault(device);
    }

    /**
     * Returns the parameter for the file of a calibration.
     *
     * @return the parameter
     */
    public final Param<String> calibration() {
        return calibration;
    }

    /**
     * Sets the file of a calibration.
     *
     * @param value a path; {@code djlift calibrate} writes it, on a machine such as the executors, with {@code
     *     --threads} of {@code spark.task.cpus}; the driver reads it in {@code transform}; {@code tokenBudget} and
     *     {@code intraOpThreads} win over it where they are set
     * @return this stage
     */
    public final T setCalibration(String value) {
        return with(calibration, value);
    }

    /**
     * Returns the file of a calibration.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getCalibration() {
        return getOrDefault(calibration);
    }

    /**
     * Returns the parameter for the most tokens of a batch, padding included.
     *
     * @return the parameter
     */
    public final IntParam tokenBudget() {
        return tokenBudget;
    }

    /**
     * Sets the most tokens of a batch, padding included.
     *
     * @param value 1 or more; a longer text runs alone; it does not cut texts; {@code 1024} unless set
     * @return this stage
     */
    public final T setTokenBudget(int value) {
        return with(tokenBudget, value);
    }

    /**
     * Returns the most tokens of a batch, padding included.
     *
     * @return what was set, or the default
     */
    public final int getTokenBudget() {
        return number(tokenBudget);
    }

    /**
     * Returns the parameter for the threads of a task within an operator.
     *
     * @return the parameter
     */
    public final IntParam intraOpThreads() {
        return intraOpThreads;
    }

    /**
     * Sets the threads of a task within an operator.
     *
     * @param value 0 for {@code spark.task.cpus}; {@code 0} unless set
     * @return this stage
     */
    public final T setIntraOpThreads(int value) {
        return with(intraOpThreads, value);
    }

    /**
     * Returns the threads of a task within an operator.
     *
     * @return what was set, or the default
     */
    public final int getIntraOpThreads() {
        return number(intraOpThreads);
    }
}
