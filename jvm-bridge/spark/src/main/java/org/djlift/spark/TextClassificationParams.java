// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link TextClassificationTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class TextClassificationParams extends TaskTransformer<TextClassificationTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> inputCol = new Param<>(
            this, "inputCol", "the column with texts; the name of a string column");
    private final Param<String> pairCol = new Param<>(
            this, "pairCol", "the column with second texts, for models of pairs; the name of a string column; a null in it"
                    + " is no second text");
    private final IntParam topK = new IntParam(
            this, "topK", "the most labels of a text; 0 for all; unset: the archive's value");
    private final Param<String> function = new Param<>(
            this, "function", "the function that makes scores of logits (softmax, sigmoid or none); unset: the archive's "
                    + "value");

    TextClassificationParams(String uid) {
        super(uid, "labels");
        setDefault(inputCol, "text");
    }

    @Override
    final void checkInputs(StructType schema) {
        text(schema, inputCol);
        text(schema, pairCol);
    }

    @Override
    final String[] inputs() {
        return names(List.of(inputCol, pairCol));
    }

    @Override
    void check() {
        super.check();
        atLeast(topK, 0);
        oneOf(function, "softmax", "sigmoid", "none");
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
    public final TextClassificationTransformer setInputCol(String value) {
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
     * Returns the parameter for the column with second texts, for models of pairs.
     *
     * @return the parameter
     */
    public final Param<String> pairCol() {
        return pairCol;
    }

    /**
     * Sets the column with second texts, for models of pairs.
     *
     * @param value the name of a string column; a null in it is no second text
     * @return this stage
     */
    public final TextClassificationTransformer setPairCol(String value) {
        return with(pairCol, value);
    }

    /**
     * Returns the column with second texts, for models of pairs.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getPairCol() {
        return getOrDefault(pairCol);
    }

    /**
     * Returns the parameter for the most labels of a text.
     *
     * @return the parameter
     */
    public final IntParam topK() {
        return topK;
    }

    /**
     * Sets the most labels of a text.
     *
     * @param value 0 for all; the archive's value unless set
     * @return this stage
     */
    public final TextClassificationTransformer setTopK(int value) {
        return with(topK, value);
    }

    /**
     * Returns the most labels of a text.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final int getTopK() {
        return number(topK);
    }

    /**
     * Returns the parameter for the function that makes scores of logits.
     *
     * @return the parameter
     */
    public final Param<String> function() {
        return function;
    }

    /**
     * Sets the function that makes scores of logits.
     *
     * @param value {@code softmax}, {@code sigmoid} or {@code none}; the archive's value unless set
     * @return this stage
     */
    public final TextClassificationTransformer setFunction(String value) {
        return with(function, value);
    }

    /**
     * Returns the function that makes scores of logits.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getFunction() {
        return getOrDefault(function);
    }
}
