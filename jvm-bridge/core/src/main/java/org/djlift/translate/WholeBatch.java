package org.djlift.translate;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;

/**
 * Says to DJL that a translator makes batches by itself: it pads, which DJL's own batchifiers do by another engine, or
 * not at all.
 */
final class WholeBatch implements Batchifier {

    static final WholeBatch INSTANCE = new WholeBatch();

    private static final long serialVersionUID = 1L;

    private WholeBatch() {}

    @Override
    public NDList batchify(NDList[] inputs) {
        return only(inputs);
    }

    @Override
    public NDList[] unbatchify(NDList inputs) {
        return new NDList[] {inputs};
    }

    private static NDList only(NDList[] inputs) {
        if (inputs.length != 1) {
            throw new UnsupportedOperationException("use Translator.batchProcessInput for several texts");
        }
        return inputs[0];
    }
}
