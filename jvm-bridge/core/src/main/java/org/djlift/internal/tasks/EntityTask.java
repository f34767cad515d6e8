package org.djlift.internal.tasks;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.Task;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** token-classification, as transformers' {@code TokenClassificationPipeline} does it. */
public final class EntityTask implements Task<String, List<Entity>> {

    public static final String NAME = "token-classification";
    public static final String STRATEGY = "aggregation_strategy";
    public static final String STRIDE = "stride";
    public static final String IGNORED = "ignore_labels";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public OutputForm form() {
        return OutputForm.TOKENS;
    }

    @Override
    public Set<String> parameters() {
        return Set.of(STRATEGY, STRIDE, IGNORED);
    }

    @Override
    public String input(Parameters json) {
        return json.only(Set.of("text")).text("text");
    }

    /** An output as JSON, on one line; {@code start} and {@code end} count code points. */
    @Override
    public String json(List<Entity> output) {
        StringBuilder line = new StringBuilder("{\"entities\":[");
        String between = "";
        for (Entity entity : output) {
            line.append(between).append("{\"label\":").append(Json.quoted(entity.label()));
            line.append(",\"score\":").append(Json.number(entity.score()));
            line.append(",\"word\":").append(Json.quoted(entity.word()));
            line.append(",\"start\":").append(entity.codePointStart());
            line.append(",\"end\":").append(entity.codePointEnd());
            line.append(",\"utf16_start\":").append(entity.start());
            line.append(",\"utf16_end\":").append(entity.end());
            if (entity.index() >= 0) {
                line.append(",\"index\":").append(entity.index());
            }
            line.append('}');
            between = ",";
        }
        return line.append("]}").toString();
    }

    @Override
    public Bound<String, List<Entity>> bind(ModelFolder folder, Tokenization tokenization) throws IOException {
        EntityDecoder decoder = EntityDecoder.of(folder, tokenization);
        return parameters -> {
            EntityDecoder own = parameters.has(IGNORED) ? decoder.ignoring(parameters.texts(IGNORED)) : decoder;
            AggregationStrategy chosen = strategy(folder, parameters);
            int overlap = parameters.number(STRIDE, Tokenization.NO_STRIDE);
            checkTogether(chosen, overlap);
            tokenization.check(overlap);
            return new EntityCodec(tokenization, own, chosen, overlap);
        };
    }

    /** How predictions become entities: by the parameters, else by the archive. */
    public static AggregationStrategy strategy(ModelFolder folder, Parameters parameters) {
        return AggregationStrategy.of(
                parameters.text(STRATEGY, folder.strategy().toString()));
    }

    /** Refuses parameters that contradict one another, as far as they are named. */
    public static void checkTogether(Parameters parameters) {
        String strategy = parameters.text(STRATEGY, null);
        if (strategy != null) {
            checkTogether(AggregationStrategy.of(strategy), parameters.number(STRIDE, Tokenization.NO_STRIDE));
        }
    }

    /** As the reference refuses it: single tokens of overlapping windows cannot be told apart. */
    private static void checkTogether(AggregationStrategy strategy, int stride) {
        if (stride >= 0 && strategy == AggregationStrategy.NONE) {
            throw new IllegalArgumentException(
                    "`stride` was provided to process all the text but `aggregation_strategy=\"none\"`, please select"
                            + " another one instead.");
        }
    }

    /** One call's way from texts to entities. */
    private static final class EntityCodec implements Codec<String, List<Entity>> {

        private final Tokenization tokenization;
        private final EntityDecoder decoder;
        private final AggregationStrategy strategy;
        private final int stride;

        EntityCodec(Tokenization tokenization, EntityDecoder decoder, AggregationStrategy strategy, int stride) {
            this.tokenization = tokenization;
            this.decoder = decoder;
            this.strategy = strategy;
            this.stride = stride;
        }

        @Override
        public List<Encoded> encode(String text) {
            return tokenization.windows(text, stride);
        }

        @Override
        public OutputForm form() {
            return OutputForm.TOKENS;
        }

        @Override
        public int columns() {
            return decoder.labels().size();
        }

        @Override
        public List<Entity> decode(String text, List<Encoded> windows, List<Logits> outputs) {
            return decoder.decode(text, windows, outputs, strategy);
        }

        @Override
        public long size(String text) {
            return text.length();
        }

        @Override
        public List<Entity> copy(List<Entity> entities) {
            return new ArrayList<>(entities);
        }
    }
}
