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
public abstract class TokenClassificationParams extends ModelParams {

    private static final long serialVersionUID = 1L;

    private final Param<String> inputCol;
    private final Param<String> aggregationStrategy;
    private final Param<String> offsets;
    private final IntParam stride;

    TokenClassificationParams(String uid) {
        super(uid, "entities", "entities", "classified");
        inputCol = new Param<>(this, "inputCol", "the column with texts");
        aggregationStrategy = new Param<>(this, "aggregationStrategy", "none, simple, first, average or max");
        offsets = new Param<>(this, "offsets", "the unit of start and end: utf16 or codepoints");
        stride = new IntParam(
                this,
                "stride",
                "tokens that overlap between the windows of a long text; -1: no windows, the text is cut");
        setDefault(inputCol, "text");
        setDefault(offsets, UTF16);
        setDefault(stride, -1);
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
     * Returns the parameter for the stride.
     *
     * @return the parameter: tokens that overlap between the windows of a long text; -1: no windows, the text is cut
     */
    public IntParam stride() {
        return stride;
    }

    /** Refuses settings that make no sense, alone or together. */
    final void checkSettings() {
        checkModel();
        String strategy = optional(aggregationStrategy);
        if (strategy != null) {
            EntityWork.strategy(strategy);
            if (number(stride) >= 0 && strategy.equalsIgnoreCase("none")) {
                throw new IllegalArgumentException("stride: expected another aggregationStrategy with it, found none");
            }
        }
        oneOf(offsets, List.of(UTF16, CODE_POINTS));
    }

    /** Refuses a schema without texts, or with a column where a new one is to be. */
    final StructType checkColumns(StructType schema) {
        Columns.texts(schema, inputCol.name(), getOrDefault(inputCol));
        return added(schema, Columns.ENTITIES);
    }
}
