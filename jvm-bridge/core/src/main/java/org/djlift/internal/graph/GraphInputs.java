package org.djlift.internal.graph;

import java.util.Collection;
import java.util.List;

/** The inputs and outputs that a graph may have, by name. */
public final class GraphInputs {

    public static final String IDS = "input_ids";
    public static final String MASK = "attention_mask";
    public static final String TYPES = "token_type_ids";
    static final String LOGITS = "logits";

    private static final List<String> KNOWN = List.of(IDS, MASK, TYPES);

    private GraphInputs() {}

    /** The names of a graph's inputs, in its order, all of them known. */
    public static List<String> checked(Collection<String> names) {
        for (String name : names) {
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException("model.onnx takes an input that djlift cannot give: '" + name
                        + "'; it takes " + names + ", djlift gives " + KNOWN);
            }
        }
        if (!names.contains(IDS)) {
            throw new IllegalArgumentException("model.onnx takes " + names + ", expected '" + IDS + "' among them");
        }
        return List.copyOf(names);
    }

    /** Which of a run's outputs holds the logits: the one of that name, else the only one. */
    public static int output(List<String> names) {
        int index = names.indexOf(LOGITS);
        if (index < 0 && names.size() != 1) {
            throw new IllegalStateException(
                    "model.onnx gives " + names + ", expected an output '" + LOGITS + "' or a single one");
        }
        return Math.max(index, 0);
    }
}
