package org.djlift.translate;

import ai.djl.ndarray.NDList;
import ai.djl.translate.TranslatorContext;

import org.djlift.internal.engine.Codec;
import org.djlift.internal.graph.Batch;
import org.djlift.internal.graph.DjlOutputs;
import org.djlift.internal.graph.GraphInputs;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Padding;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * Inputs to one padded batch, and its output to results: what all translators share.
 *
 * @param <I> an input of the task
 * @param <R> a result in DJL's type
 */
final class Coded<I, R> {

    private static final String PENDING = "org.djlift.pending";

    /** Decodes, and makes DJL's type of it. */
    private interface Decoding<I, R> {

        R of(I input, List<Encoded> windows, List<Logits> outputs);
    }

    private final Function<I, List<Encoded>> windows;
    private final OutputForm form;
    private final Decoding<I, R> decoding;
    private final Padding padding;

    <O> Coded(Codec<I, O> codec, Padding padding, Function<? super O, ? extends R> result) {
        this.windows = codec::windows;
        this.form = codec.form();
        this.decoding = (input, own, outputs) -> result.apply(codec.decode(input, own, outputs));
        this.padding = padding;
    }

    /** Every window of every input as a row of one batch; empty when there is no token at all. */
    NDList encode(TranslatorContext ctx, List<? extends I> inputs) {
        Pending<I> pending = new Pending<>(inputs.size());
        List<Encoded> rows = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i) == null) {
                throw new NullPointerException("the text at index " + i + " is null");
            }
            List<Encoded> own = windows.apply(inputs.get(i));
            pending.inputs.add(inputs.get(i));
            pending.windows.add(own);
            own.stream().filter(w -> w.length() > 0).forEach(rows::add);
        }
        pending.batch = Batch.of(rows, padding);
        ctx.setAttachment(PENDING, pending);
        if (rows.isEmpty()) {
            // DJL does not run the model on an empty list.
            return new NDList();
        }
        return pending.batch.toNDList(
                ctx.getNDManager(),
                GraphInputs.checked(ctx.getBlock().describeInput().keys()));
    }

    /** The result of each of the inputs that {@link #encode} has seen. */
    @SuppressWarnings("unchecked")
    List<R> decode(TranslatorContext ctx, NDList output) {
        Pending<I> pending = (Pending<I>) ctx.getAttachment(PENDING);
        List<Logits> rows = output.isEmpty() ? Collections.emptyList() : DjlOutputs.read(pending.batch, form, output);
        List<R> all = new ArrayList<>(pending.inputs.size());
        int row = 0;
        for (int i = 0; i < pending.inputs.size(); i++) {
            List<Encoded> own = pending.windows.get(i);
            List<Logits> outputs = new ArrayList<>(own.size());
            for (Encoded window : own) {
                outputs.add(window.length() > 0 ? rows.get(row++) : null);
            }
            all.add(decoding.of(pending.inputs.get(i), own, outputs));
        }
        return all;
    }

    /** What waits for the output of the model. */
    private static final class Pending<I> {

        private final List<I> inputs;
        private final List<List<Encoded>> windows;
        private @Nullable Batch batch;

        Pending(int size) {
            inputs = new ArrayList<>(size);
            windows = new ArrayList<>(size);
        }
    }
}
