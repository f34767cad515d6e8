// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link TextEmbeddingTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class TextEmbeddingParams extends TaskTransformer<TextEmbeddingTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> inputCol = new Param<>(
            this, "inputCol", "the column with texts; the name of a string column");
    private final Param<String> promptName = new Param<>(
            this, "promptName", "the name of the prompt before each text; one of the model's prompts; unset: the archive's "
                    + "value");
    private final IntParam truncateDim = new IntParam(
            this, "truncateDim", "the length to which vectors are cut; 0 for all numbers; unset: the archive's value");

    TextEmbeddingParams(String uid) {
        super(uid, "embedding");
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
        atLeast(truncateDim, 0);
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
    public final TextEmbeddingTransformer setInputCol(String value) {
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
     * Returns the parameter for the name of the prompt before each text.
     *
     * @return the parameter
     */
    public final Param<String> promptName() {
        return promptName;
    }

    /**
     * Sets the name of the prompt before each text.
     *
     * @param value one of the model's prompts; the archive's value unless set
     * @return this stage
     */
    public final TextEmbeddingTransformer setPromptName(String value) {
        return with(promptName, value);
    }

    /**
     * Returns the name of the prompt before each text.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getPromptName() {
        return getOrDefault(promptName);
    }

    /**
     * Returns the parameter for the length to which vectors are cut.
     *
     * @return the parameter
     */
    public final IntParam truncateDim() {
        return truncateDim;
    }

    /**
     * Sets the length to which vectors are cut.
     *
     * @param value 0 for all numbers; the archive's value unless set
     * @return this stage
     */
    public final TextEmbeddingTransformer setTruncateDim(int value) {
        return with(truncateDim, value);
    }

    /**
     * Returns the length to which vectors are cut.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final int getTruncateDim() {
        return number(truncateDim);
    }
}
