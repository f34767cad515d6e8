package org.djlift.spark;

import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link TokenClassificationTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class TokenClassificationParams extends Transformer {

    private static final long serialVersionUID = 1L;
    static final String UTF16 = "utf16";
    static final String CODE_POINTS = "codepoints";

    private final String uid;

    private final Param<String> inputCol;
    private final Param<String> outputCol;
    private final Param<String> errorCol;
    private final Param<String> archive;
    private final Param<String> zoo;
    private final Param<String> aggregationStrategy;
    private final Param<String> offsets;
    private final Param<String> device;
    private final Param<String> calibration;
    private final IntParam stride;
    private final IntParam tokenBudget;
    private final IntParam intraOpThreads;

    TokenClassificationParams(String uid) {
        // Parameters ask for the name of their stage as they are made.
        this.uid = uid;
        inputCol = new Param<>(this, "inputCol", "the column with texts");
        outputCol = new Param<>(this, "outputCol", "the new column with entities");
        errorCol = new Param<>(
                this, "errorCol", "the new column with the reason for each row that cannot be classified");
        archive = new Param<>(this, "archive", "the archive: a path, files:NAME or djlift://group/name/version");
        zoo = new Param<>(this, "zoo", "the folder or address of the zoo that djlift:// is looked up in");
        aggregationStrategy = new Param<>(this, "aggregationStrategy", "none, simple, first, average or max");
        offsets = new Param<>(this, "offsets", "the unit of start and end: utf16 or codepoints");
        device = new Param<>(this, "device", "cpu, or gpu0 and so on");
        calibration = new Param<>(this, "calibration", "a file of djlift calibrate, which the driver reads");
        tokenBudget = new IntParam(this, "tokenBudget", "most tokens of a run of the model, padding included");
        stride = new IntParam(
                this,
                "stride",
                "tokens that overlap between the windows of a long text; -1: no windows, the text is cut");
        intraOpThreads = new IntParam(
                this, "intraOpThreads", "threads of a task within an operator; 0: as many cores as Spark gives it");
        setDefault(inputCol, "text");
        setDefault(outputCol, "entities");
        setDefault(offsets, UTF16);
        setDefault(device, "cpu");
        setDefault(stride, -1);
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
     * Returns the parameter for the column with texts.
     *
     * @return the parameter: the column with texts
     */
    public Param<String> inputCol() {
        return inputCol;
    }

    /**
     * Returns the parameter for the new column with entities.
     *
     * @return the parameter: the new column with entities
     */
    public Param<String> outputCol() {
        return outputCol;
    }

    /**
     * Returns the parameter for the new column with failures.
     *
     * @return the parameter: the new column with the reason for each row that cannot be classified
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
     * Returns the parameter for the aggregation strategy.
     *
     * @return the parameter: none, simple, first, average or max
     */
    public Param<String> aggregationStrategy() {
        return aggregationStrategy;
    }

    /**
     * Returns the parameter for the unit of start and end.
     *
     * @return the parameter: the unit of start and end: utf16 or codepoints
     */
    public Param<String> offsets() {
        return offsets;
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
     * Returns the parameter for the stride.
     *
     * @return the parameter: tokens that overlap between the windows of a long text; -1: no windows, the text is cut
     */
    public IntParam stride() {
        return stride;
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
    final String optional(Param<String> param) {
        return isDefined(param) ? getOrDefault(param) : null;
    }

    /** The value of a number. */
    final int number(IntParam param) {
        return ((Number) getOrDefault(param)).intValue();
    }

    /** Refuses settings that make no sense, alone or together. */
    final void checkSettings() {
        if (!isDefined(archive)) {
            throw new IllegalArgumentException(Source.EXPECTED + "none; call setArchive");
        }
        Source.check(getOrDefault(archive));
        String strategy = optional(aggregationStrategy);
        if (strategy != null) {
            Settings.strategy(strategy);
            if (number(stride) >= 0 && strategy.equalsIgnoreCase("none")) {
                throw new IllegalArgumentException("stride: expected another aggregationStrategy with it, found none");
            }
        }
        oneOf(offsets, List.of(UTF16, CODE_POINTS));
        atLeast(tokenBudget, 1);
        atLeast(intraOpThreads, 0);
    }

    /** Refuses a schema without texts, or with a column where a new one is to be. */
    final StructType checkColumns(StructType schema) {
        Columns.texts(schema, getOrDefault(inputCol));
        StructType with = Columns.entities(schema, getOrDefault(outputCol));
        String errors = optional(errorCol);
        return errors == null ? with : Columns.failures(with, errors);
    }

    private void oneOf(Param<String> param, List<String> allowed) {
        String value = getOrDefault(param);
        if (!allowed.contains(value)) {
            throw new IllegalArgumentException(
                    param.name() + ": expected " + String.join(" or ", allowed) + ", found " + value);
        }
    }

    private void atLeast(IntParam param, int least) {
        if (number(param) < least) {
            throw new IllegalArgumentException(
                    param.name() + ": expected " + least + " or more, found " + number(param));
        }
    }
}
