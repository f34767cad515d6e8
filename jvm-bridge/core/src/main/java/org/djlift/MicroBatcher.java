package org.djlift;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.engine.MicroBatches;
import org.djlift.internal.engine.OpenGate;

import java.util.List;
import java.util.Objects;

/**
 * A classifier for servers: one text at a time, from any number of threads. The texts that come while the model is busy
 * share its next run, so under load it answers more of them, and alone a text is answered as soon as by the classifier.
 *
 * <pre>{@code
 * TokenClassifier ner = TokenClassifier.load(Path.of("ner-1.0-fp32.zip"));
 * MicroBatcher door = ner.latency();
 * // on each request's thread:
 * List<Entity> entities = door.classify(text);
 * }</pre>
 *
 * <p>A call gives what {@link TokenClassifier#classify(String)} gives, and fails as it does; a text that fails takes no
 * other down. It has no threads, and nothing to close: it works while its classifier is open, whose {@code close()}
 * waits for its calls too. An interrupt ends the wait for other texts, not the call.
 */
public final class MicroBatcher {

    private final MicroBatches batches;
    private final OpenGate gate;
    private final TokenClassifier classifier;
    private final AggregationStrategy strategy;

    MicroBatcher(MicroBatches batches, OpenGate gate, TokenClassifier classifier, AggregationStrategy strategy) {
        this.batches = batches;
        this.gate = gate;
        this.classifier = classifier;
        this.strategy = strategy;
    }

    /**
     * Classifies a text with the strategy and the stride of the classifier.
     *
     * @param text the text
     * @return its entities, in the order of the text
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Entity> classify(String text) {
        return classify(text, strategy);
    }

    /**
     * Classifies a text with another strategy. Texts of different strategies share runs.
     *
     * @param text the text
     * @param strategy how predictions for tokens become entities
     * @return its entities, in the order of the text
     * @throws IllegalArgumentException if the strategy is {@code NONE}, and the classifier has a stride
     * @throws TextException if it cannot be classified
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Entity> classify(String text, AggregationStrategy strategy) {
        Objects.requireNonNull(strategy, "strategy");
        return gate.whileOpen(() -> batches.run(text, classifier.codec(strategy).checked(), Answers::strict));
    }
}
