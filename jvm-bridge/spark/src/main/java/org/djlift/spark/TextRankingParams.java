// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link TextRankingTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class TextRankingParams extends TaskTransformer<TextRankingTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> queryCol = new Param<>(
            this, "queryCol", "the column with queries; the name of a string column");
    private final Param<String> textCol = new Param<>(
            this, "textCol", "the column with texts; the name of a string column");
    private final Param<String> function = new Param<>(
            this, "function", "the function that makes scores of logits (sigmoid or none); unset: the archive's value");
    private final BooleanParam allScores = new BooleanParam(
            this, "allScores", "whether the output has a score for each label of the model; if so, it is an array<float>; if"
                    + " not, a float, of models with one label");

    TextRankingParams(String uid) {
        super(uid, "score");
        setDefault(queryCol, "query");
        setDefault(textCol, "text");
        setDefault(allScores, false);
    }

    @Override
    final void checkInputs(StructType schema) {
        text(schema, queryCol);
        text(schema, textCol);
    }

    @Override
    final String[] inputs() {
        return names(List.of(queryCol, textCol));
    }

    @Override
    void check() {
        super.check();
        oneOf(function, "sigmoid", "none");
    }

    /**
     * Returns the parameter for the column with queries.
     *
     * @return the parameter
     */
    public final Param<String> queryCol() {
        return queryCol;
    }

    /**
     * Sets the column with queries.
     *
     * @param value the name of a string column; {@code query} unless set
     * @return this stage
     */
    public final TextRankingTransformer setQueryCol(String value) {
        return with(queryCol, value);
    }

    /**
     * Returns the column with queries.
     *
     * @return what was set, or the default
     */
    public final String getQueryCol() {
        return getOrDefault(queryCol);
    }

    /**
     * Returns the parameter for the column with texts.
     *
     * @return the parameter
     */
    public final Param<String> textCol() {
        return textCol;
    }

    /**
     * Sets the column with texts.
     *
     * @param value the name of a string column; {@code text} unless set
     * @return this stage
     */
    public final TextRankingTransformer setTextCol(String value) {
        return with(textCol, value);
    }

    /**
     * Returns the column with texts.
     *
     * @return what was set, or the default
     */
    public final String getTextCol() {
        return getOrDefault(textCol);
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
     * @param value {@code sigmoid} or {@code none}; the archive's value unless set
     * @return this stage
     */
    public final TextRankingTransformer setFunction(String value) {
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

    /**
     * Returns the parameter that says whether the output has a score for each label of the model.
     *
     * @return the parameter
     */
    public final BooleanParam allScores() {
        return allScores;
    }

    /**
     * Sets whether the output has a score for each label of the model.
     *
     * @param value if so, it is an {@code array<float>}; if not, a {@code float}, of models with one label; {@code
     *     false} unless set
     * @return this stage
     */
    public final TextRankingTransformer setAllScores(boolean value) {
        return with(allScores, value);
    }

    /**
     * Returns whether the output has a score for each label of the model.
     *
     * @return what was set, or the default
     */
    public final boolean getAllScores() {
        return (Boolean) getOrDefault(allScores);
    }
}
