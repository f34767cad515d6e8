package org.djlift;

import java.util.List;

/** JSON through a model, as the tooling runs it. */
final class ModelJson {

    private ModelJson() {}

    /** Runs inputs that are JSON objects. */
    static <I, O> List<String> json(TextModel<I, O, ?> model, List<String> inputs, String parameters) {
        return model.runner.lines(model.runner.run(model.runner.read(inputs), model.runner.parameters(parameters)));
    }
}
