// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link FillMaskTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class FillMaskParams extends TaskTransformer<FillMaskTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> inputCol = new Param<>(
            this, "inputCol", "the column with texts; the name of a string column");
    private final IntParam topK = new IntParam(
            this, "topK", "the most tokens for a mask; unset: the archive's value");
    private final StringArrayParam targets = new StringArrayParam(
            this, "targets", "the tokens to choose from; at least one token, as it stands in the vocabulary; unset: all of"
                    + " the vocabulary");

    FillMaskParams(String uid) {
        super(uid, "masks");
        setDefault(inputCol, "text");
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
        atLeast(topK, 1);
        some(targets);
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
    public final FillMaskTransformer setInputCol(String value) {
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
     * Returns the parameter for the most tokens for a mask.
     *
     * @return the parameter
     */
    public final IntParam topK() {
        return topK;
    }

    /**
     * Sets the most tokens for a mask.
     *
     * @param value a number; the archive's value unless set
     * @return this stage
     */
    public final FillMaskTransformer setTopK(int value) {
        return with(topK, value);
    }

    /**
     * Returns the most tokens for a mask.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final int getTopK() {
        return number(topK);
    }

    /**
     * Returns the parameter for the tokens to choose from.
     *
     * @return the parameter
     */
    public final StringArrayParam targets() {
        return targets;
    }

    /**
     * Sets the tokens to choose from.
     *
     * @param value at least one token, as it stands in the vocabulary; all of the vocabulary unless set
     * @return this stage
     */
    public final FillMaskTransformer setTargets(String... value) {
        return with(targets, value);
    }

    /**
     * Returns the tokens to choose from.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String[] getTargets() {
        return getOrDefault(targets);
    }
}
