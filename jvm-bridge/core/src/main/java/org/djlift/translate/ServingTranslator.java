package org.djlift.translate;

import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.BytesSupplier;
import ai.djl.translate.TranslateException;

import java.util.List;

/** A request of DJL Serving to its answer in JSON: one result, or a list of them where the request is a list. */
final class ServingTranslator<I, R> extends Grouped<Input, Output, I, R> {

    /** What a request holds. */
    static final class Asked<I> {

        private final List<I> inputs;
        private final boolean many;

        Asked(List<I> inputs, boolean many) {
            this.inputs = inputs;
            this.many = many;
        }
    }

    /** How a task reads a request. */
    interface Reader<I> {

        Asked<I> read(Input input) throws TranslateException;
    }

    private final Reader<I> reader;

    ServingTranslator(Coded<I, R> coded, Reader<I> reader) {
        super(coded);
        this.reader = reader;
    }

    @Override
    Request<I, R, Output> request(Input input) throws TranslateException {
        if (input.getContent().isEmpty()) {
            throw new TranslateException("expected a text or JSON, found an empty request");
        }
        Asked<I> asked = reader.read(input);
        return new Request<>(asked.inputs, results -> json(asked.many ? results : results.get(0)));
    }

    private static Output json(Object answer) {
        Output output = new Output();
        output.addProperty("Content-Type", "application/json");
        output.add(BytesSupplier.wrapAsJson(answer));
        return output;
    }
}
