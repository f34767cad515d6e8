package org.djlift;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Calibration;
import org.djlift.internal.engine.Calibrator;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.LoadSettings;
import org.djlift.internal.engine.Loaded;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.EntityCodec;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** Settings of a classifier; what is not set is the archive's. */
public final class TokenClassifierBuilder extends ModelBuilder<TokenClassifierBuilder> {

    AggregationStrategy strategy;
    List<String> ignored;
    int stride = Tokenization.NO_STRIDE;

    TokenClassifierBuilder(Path path) {
        super(path);
    }

    TokenClassifierBuilder(String location) {
        super(location);
    }

    @Override
    TokenClassifierBuilder self() {
        return this;
    }

    @Override
    String task() {
        return TokenClassifier.TASK;
    }

    /**
     * Sets how predictions for tokens become entities.
     *
     * @param strategy the strategy of calls that name none
     * @return this builder
     */
    public TokenClassifierBuilder aggregationStrategy(AggregationStrategy strategy) {
        this.strategy = Objects.requireNonNull(strategy, "strategy");
        return this;
    }

    /**
     * Sets the labels that are dropped.
     *
     * @param labels labels as in the results, such as {@code O} or {@code MISC}
     * @return this builder
     */
    public TokenClassifierBuilder ignoreLabels(Collection<String> labels) {
        this.ignored = List.copyOf(labels);
        return this;
    }

    /**
     * Sets how long texts are read. By default they are cut at {@link TokenClassifier#maxLength()}.
     *
     * @param stride tokens that overlap between windows, 0 for windows side by side; negative: no windows
     * @return this builder
     */
    public TokenClassifierBuilder stride(int stride) {
        this.stride = stride;
        return this;
    }

    /**
     * Tries the archive with other token budgets and other splits of the threads, for a few seconds, on texts like
     * those to come. The settings of this builder stay the choice where nothing is clearly faster; it is not changed.
     *
     * @param texts some hundred texts or more
     * @param time about how long to try, without loading the model for each split of the threads
     * @return what was found, for {@link #calibration} or a file
     * @throws IOException if the archive cannot be used
     * @throws IllegalArgumentException if there are no texts or no time
     */
    public Calibration calibrate(Collection<String> texts, Duration time) throws IOException {
        return calibrated(texts, time, new Calibrator.Work<String>() {

            @Override
            public Loaded load(LoadSettings trial, OpenedArchive archive) throws IOException {
                return new Loaded(trial, archive, TokenClassifier.TASK, OutputForm.TOKENS);
            }

            @Override
            public Codec<String, ?> codec(Loaded loaded) {
                // Only tokens are asked for.
                return new EntityCodec(loaded.tokenization, null, AggregationStrategy.SIMPLE, stride);
            }
        });
    }

    /**
     * Loads the classifier.
     *
     * @return the classifier; close it after use
     * @throws IOException if the archive cannot be used, or fails its self-test
     */
    public TokenClassifier build() throws IOException {
        return built(archive -> new TokenClassifier(this, archive), TokenClassifier::selfTest);
    }
}
