package org.djlift.spark;

import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.StructType;

/**
 * A stage of one column with texts.
 *
 * @param <T> the stage itself
 * @serial exclude
 */
public abstract class TextTransformer<T extends TextTransformer<T>> extends TaskTransformer<T> {

    private static final long serialVersionUID = 1L;

    private final Param<String> inputCol = text("inputCol", "the column with texts");

    TextTransformer(String uid, String output, String content) {
        super(uid, output, content);
        setDefault(inputCol, "text");
    }

    /**
     * Returns the parameter for the column with texts.
     *
     * @return the parameter: the column with texts
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
    public T setInputCol(String value) {
        return with(inputCol(), value);
    }

    /**
     * Returns the column with texts.
     *
     * @return what was set, or the default
     */
    public String getInputCol() {
        return getOrDefault(inputCol());
    }

    @Override
    void checkInputs(StructType schema) {
        Columns.texts(schema, inputCol.name(), getInputCol());
    }

    @Override
    String[] inputs() {
        return new String[] {getInputCol()};
    }
}
