package org.djlift.translate;

import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.ndarray.NDList;
import ai.djl.translate.TranslatorContext;

import org.djlift.AggregationStrategy;
import org.djlift.Entity;
import org.djlift.internal.Batch;
import org.djlift.internal.DjlOutputs;
import org.djlift.internal.Encoded;
import org.djlift.internal.EntityDecoder;
import org.djlift.internal.GraphInputs;
import org.djlift.internal.Logits;
import org.djlift.internal.Padding;
import org.djlift.internal.Pipeline;
import org.djlift.internal.Tokenization;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Texts to one padded batch, and its output to entities: what all translators share. */
final class EntityCodec {

    private static final String PENDING = "org.djlift.pending";

    private final Tokenization tokenization;
    private final EntityDecoder decoder;
    private final Padding padding;
    private final AggregationStrategy strategy;
    private final int stride;

    EntityCodec(
            Tokenization tokenization,
            EntityDecoder decoder,
            Padding padding,
            AggregationStrategy strategy,
            int stride) {
        Pipeline.checkTogether(strategy, stride);
        this.tokenization = tokenization;
        this.decoder = decoder;
        this.padding = padding;
        this.strategy = strategy;
        this.stride = stride;
    }

    /** Every window of every text as a row of one batch; empty when there is no token at all. */
    NDList encode(TranslatorContext ctx, List<String> texts) {
        Pending pending = new Pending(texts.size());
        List<Encoded> rows = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            if (texts.get(i) == null) {
                throw new NullPointerException("the text at index " + i + " is null");
            }
            List<Encoded> windows = tokenization.windows(texts.get(i), stride);
            pending.texts.add(texts.get(i));
            pending.windows.add(windows);
            windows.stream().filter(w -> w.length() > 0).forEach(rows::add);
        }
        pending.batch = Batch.of(rows, padding);
        ctx.setAttachment(PENDING, pending);
        if (rows.isEmpty()) {
            // DJL does not run the model on an empty list.
            return new NDList();
        }
        return pending.batch.toNDList(
                ctx.getNDManager(), GraphInputs.checked(ctx.getBlock().describeInput().keys()));
    }

    /** The entities of each of the texts that {@link #encode} has seen. */
    List<NamedEntity[]> decode(TranslatorContext ctx, NDList output) {
        Pending pending = (Pending) ctx.getAttachment(PENDING);
        List<Logits> rows = output.isEmpty() ? Collections.emptyList() : DjlOutputs.read(pending.batch, output);
        List<NamedEntity[]> all = new ArrayList<>(pending.texts.size());
        int row = 0;
        for (int i = 0; i < pending.texts.size(); i++) {
            List<Encoded> windows = pending.windows.get(i);
            List<Logits> own = new ArrayList<>(windows.size());
            for (Encoded window : windows) {
                own.add(window.length() > 0 ? rows.get(row++) : null);
            }
            all.add(named(decoder.decode(pending.texts.get(i), windows, own, strategy)));
        }
        return all;
    }

    private static NamedEntity[] named(List<Entity> entities) {
        return entities.stream()
                .map(e -> new NamedEntity(e.label(), e.score(), e.index(), e.word(), e.start(), e.end()))
                .toArray(NamedEntity[]::new);
    }

    /** What waits for the output of the model. */
    private static final class Pending {

        private final List<String> texts;
        private final List<List<Encoded>> windows;
        private Batch batch;

        Pending(int size) {
            texts = new ArrayList<>(size);
            windows = new ArrayList<>(size);
        }
    }
}
