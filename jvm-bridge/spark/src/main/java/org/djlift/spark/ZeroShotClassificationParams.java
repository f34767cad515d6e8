// Written by tools/spark/parameters.py from parameters.toml: change that.
package org.djlift.spark;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.sql.types.StructType;

import java.util.List;

/**
 * The parameters of {@link ZeroShotClassificationTransformer}, with what they are unless set.
 *
 * @serial exclude
 */
public abstract class ZeroShotClassificationParams extends TaskTransformer<ZeroShotClassificationTransformer> {

    private static final long serialVersionUID = 1L;

    private final Param<String> inputCol = new Param<>(
            this, "inputCol", "the column with texts; the name of a string column");
    private final StringArrayParam labels = new StringArrayParam(
            this, "labels", "the labels to choose from; at least one label, the same for all texts; unset: the archive's "
                    + "value");
    private final Param<String> labelsCol = new Param<>(
            this, "labelsCol", "the column with the labels of each text; the name of a column of type array<string>, in "
                    + "place of labels");
    private final Param<String> hypothesisTemplate = new Param<>(
            this, "hypothesisTemplate", "the sentence that is tried for each label; a text with {} where the label goes; unset: the "
                    + "archive's value");
    private final BooleanParam multiLabel = new BooleanParam(
            this, "multiLabel", "whether several labels may be true of a text; if not, the scores of all labels sum to 1; "
                    + "unset: the archive's value");

    ZeroShotClassificationParams(String uid) {
        super(uid, "labels");
        setDefault(inputCol, "text");
    }

    @Override
    final void checkInputs(StructType schema) {
        text(schema, inputCol);
        texts(schema, labelsCol);
    }

    @Override
    final String[] inputs() {
        return names(List.of(inputCol, labelsCol));
    }

    @Override
    void check() {
        super.check();
        some(labels);
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
    public final ZeroShotClassificationTransformer setInputCol(String value) {
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
     * Returns the parameter for the labels to choose from.
     *
     * @return the parameter
     */
    public final StringArrayParam labels() {
        return labels;
    }

    /**
     * Sets the labels to choose from.
     *
     * @param value at least one label, the same for all texts; the archive's value unless set
     * @return this stage
     */
    public final ZeroShotClassificationTransformer setLabels(String... value) {
        return with(labels, value);
    }

    /**
     * Returns the labels to choose from.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String[] getLabels() {
        return getOrDefault(labels);
    }

    /**
     * Returns the parameter for the column with the labels of each text.
     *
     * @return the parameter
     */
    public final Param<String> labelsCol() {
        return labelsCol;
    }

    /**
     * Sets the column with the labels of each text.
     *
     * @param value the name of a column of type {@code array<string>}, in place of {@code labels}
     * @return this stage
     */
    public final ZeroShotClassificationTransformer setLabelsCol(String value) {
        return with(labelsCol, value);
    }

    /**
     * Returns the column with the labels of each text.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getLabelsCol() {
        return getOrDefault(labelsCol);
    }

    /**
     * Returns the parameter for the sentence that is tried for each label.
     *
     * @return the parameter
     */
    public final Param<String> hypothesisTemplate() {
        return hypothesisTemplate;
    }

    /**
     * Sets the sentence that is tried for each label.
     *
     * @param value a text with {@code {}} where the label goes; the archive's value unless set
     * @return this stage
     */
    public final ZeroShotClassificationTransformer setHypothesisTemplate(String value) {
        return with(hypothesisTemplate, value);
    }

    /**
     * Returns the sentence that is tried for each label.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final String getHypothesisTemplate() {
        return getOrDefault(hypothesisTemplate);
    }

    /**
     * Returns the parameter that says whether several labels may be true of a text.
     *
     * @return the parameter
     */
    public final BooleanParam multiLabel() {
        return multiLabel;
    }

    /**
     * Sets whether several labels may be true of a text.
     *
     * @param value if not, the scores of all labels sum to 1; the archive's value unless set
     * @return this stage
     */
    public final ZeroShotClassificationTransformer setMultiLabel(boolean value) {
        return with(multiLabel, value);
    }

    /**
     * Returns whether several labels may be true of a text.
     *
     * @return what was set
     * @throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML
     */
    public final boolean getMultiLabel() {
        return (Boolean) getOrDefault(multiLabel);
    }
}
