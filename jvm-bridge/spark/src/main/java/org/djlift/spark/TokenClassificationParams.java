// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link TokenClassificationTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class TokenClassificationParams extends TaskTransformer<TokenClassificationTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> inputCol = new Param<>(
            this, "inputCol", "the column with texts; the name of a string column");
    private final Param<String> offsets = new Param<>(
            this, "offsets", "the unit of start and end (utf16 or codepoints); start is 0-based and end is exclusive; "
                    + "UTF-16 units fit substring of Java and Scala; code points fit Python and Spark SQL, there as"
                    + " substring(text, e.start + 1, e.end - e.start); the default differs, it is utf16 in Java and"
                    + " Scala and codepoints in PySpark");
    private final Param<String> aggregationStrategy = new Param<>(
            this, "aggregationStrategy", "the aggregation strategy (none, simple, first, average or max); unset: the archive's value");
    private final IntParam stride = new IntParam(
            this, "stride", "the tokens that the windows of a long text share; -1 makes no windows and cuts long texts at"
                    + " the model's limit, which is the default; a usual value is 32");

    TokenClassificationParams(String uid) {
        super(uid, "entities");
        setDefault(inputCol, "text");
        setDefault(offsets, "utf16");
        setDefault(stride, -1);
    }

    @Override
    final void checkInputs(StructType schema) {
        text(schema, inputCol);
    }

    @Override
    final String[] inputs() {
        return names(List.of(inputCol));
    }

    @Override
    void check() {
        super.check();
        oneOf(offsets, "utf16", "codepoints");
        anyCaseOf(aggregationStrategy, "none", "simple", "first", "average", "max");
        atLeast(stride, -1);
    }

    /**
     * Returns the parameter for the column with texts.
     *
     * @return the parameter
     */
    public final Param<String> inputCol() {
        return inputCol;
    }

    /**
     * Sets the column with texts.
     *
     * @param value the name of a string column; {@code text} unless set
     * @return this stage
     */
    public final TokenClassificationTransformer setInputCol(String value) {
        return with(inputCol, value);
    }

    /**
     * Returns the column with texts.
     *
     * @return what was set, or the default
     */
    public final String getInputCol() {
        return getOrDefault(inputCol);
    }

    /**
     * Returns the parameter for the unit of {@code start} and {@code end}.
     *
     * @return the parameter
     */
    public final Param<String> offsets() {
        return offsets;
    }

    /**
     * Sets the unit of {@code start} and {@code end}.
     *
     * @param value {@code utf16} or {@code codepoints}; {@code start} is 0-based and {@code end} is exclusive; UTF-16
     *     units fit {@code substring} of Java and Scala; code points fit Python and Spark SQL, there as {@code
     *     substring(text, e.start + 1, e.end - e.start)}; the default differs, it is {@code utf16} in Java and Scala
     *     and {@code codepoints} in PySpark; {@code utf16} unless set
     * @return this stage
     */
    public final TokenClassificationTransformer setOffsets(String value) {
        return with(offsets, value);
    }

    /**
     * Returns the unit of {@code start} and {@code end}.
     *
     * @return what was set, or the default
     */
    public final String getOffsets() {
        return getOrDefault(offsets);
    }

    /**
     * Returns the parameter for the aggregation strategy.
     *
     * @return the parameter
     */
    public final Param<String> aggregationStrategy() {
        return aggregationStrategy;
    }

    /**
     * Sets the aggregation strategy.
     *
     * @param value {@code none}, {@code simple}, {@code first}, {@code average} or {@code max}; the archive's value
     *     unless set
     * @return this stage
     */
    public final TokenClassificationTransformer setAggregationStrategy(String value) {
        return with(aggregationStrategy, value);
    }

    /**
     * Returns the aggregation strategy.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getAggregationStrategy() {
        return getOrDefault(aggregationStrategy);
    }

    /**
     * Returns the parameter for the tokens that the windows of a long text share.
     *
     * @return the parameter
     */
    public final IntParam stride() {
        return stride;
    }

    /**
     * Sets the tokens that the windows of a long text share.
     *
     * @param value -1 makes no windows and cuts long texts at the model's limit, which is the default; a usual value is
     *     32; {@code -1} unless set
     * @return this stage
     */
    public final TokenClassificationTransformer setStride(int value) {
        return with(stride, value);
    }

    /**
     * Returns the tokens that the windows of a long text share.
     *
     * @return what was set, or the default
     */
    public final int getStride() {
        return number(stride);
    }
}
