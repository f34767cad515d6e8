// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link SparseEmbeddingTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class SparseEmbeddingParams extends TaskTransformer<SparseEmbeddingTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> inputCol = new Param<>(
            this, "inputCol", "the column with texts; the name of a string column");
    private final IntParam topK = new IntParam(
            this, "topK", "the most tokens of a text; 0 for all; unset: the archive's value");

    SparseEmbeddingParams(String uid) {
        super(uid, "tokens");
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
        atLeast(topK, 0);
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
    public final SparseEmbeddingTransformer setInputCol(String value) {
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
     * Returns the parameter for the most tokens of a text.
     *
     * @return the parameter
     */
    public final IntParam topK() {
        return topK;
    }

    /**
     * Sets the most tokens of a text.
     *
     * @param value 0 for all; the archive's value unless set
     * @return this stage
     */
    public final SparseEmbeddingTransformer setTopK(int value) {
        return with(topK, value);
    }

    /**
     * Returns the most tokens of a text.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final int getTopK() {
        return number(topK);
    }
}
