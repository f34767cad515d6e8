package org.djlift;

import org.djlift.internal.SessionSettings;
import org.djlift.internal.Tokenization;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Settings of a classifier; what is not set is the archive's. */
public final class TokenClassifierBuilder {

    private static final int TOKEN_BUDGET = 1024;
    private static final int LOOK_AHEAD = 512;

    /** A path, or coordinates in a zoo; one of the two is null. */
    private final Path path;

    private final String location;
    final Map<String, String> options = new TreeMap<>();
    AggregationStrategy strategy;
    List<String> ignored;
    int stride = Tokenization.NO_STRIDE;
    String device = "cpu";
    int tokenBudget = TOKEN_BUDGET;
    int lookAhead = LOOK_AHEAD;
    int concurrentRuns = 1;
    private boolean selfTest;
    private Path trustKey;
    private Path signature;

    TokenClassifierBuilder(Path path) {
        this.path = Objects.requireNonNull(path, "path");
        this.location = null;
    }

    TokenClassifierBuilder(String location) {
        this.path = null;
        this.location = Objects.requireNonNull(location, "location");
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
     * Sets the threads within an operator.
     *
     * @param threads number of threads; 0 lets ONNX Runtime choose
     * @return this builder
     * @throws IllegalArgumentException if the number is negative
     */
    public TokenClassifierBuilder intraOpThreads(int threads) {
        return option(SessionSettings.INTRA_OP_THREADS, Integer.toString(threads));
    }

    /**
     * Sets the threads between operators.
     *
     * @param threads number of threads; 0 lets ONNX Runtime choose
     * @return this builder
     * @throws IllegalArgumentException if the number is negative
     */
    public TokenClassifierBuilder interOpThreads(int threads) {
        return option(SessionSettings.INTER_OP_THREADS, Integer.toString(threads));
    }

    /**
     * Sets how far ONNX Runtime rewrites the graph as it loads it.
     *
     * @param level {@code NO_OPT}, {@code BASIC_OPT}, {@code EXTENDED_OPT} or {@code ALL_OPT}
     * @return this builder
     * @throws IllegalArgumentException if the level is unknown
     */
    public TokenClassifierBuilder optimizationLevel(String level) {
        return option(SessionSettings.OPTIMIZATION_LEVEL, Objects.requireNonNull(level, "level"));
    }

    /**
     * Sets where the model runs.
     *
     * @param device {@code cpu}, or {@code gpu0} and so on, which needs ONNX Runtime's GPU jar
     * @return this builder
     * @throws IllegalArgumentException if the name is unknown
     */
    public TokenClassifierBuilder device(String device) {
        SessionSettings.check(Objects.requireNonNull(device, "device"), Map.of());
        this.device = device;
        return this;
    }

    /**
     * Sets where ONNX Runtime writes which operator ran on which execution provider, and how long it took. The file is
     * complete once the classifier is closed.
     *
     * @param start the start of the file's path, to which ONNX Runtime adds the time and {@code .json}
     * @return this builder
     */
    public TokenClassifierBuilder profile(Path start) {
        return option(SessionSettings.PROFILE, start.toString());
    }

    /**
     * Sets how much shares a run of the model.
     *
     * @param tokens most tokens of a run, padding included
     * @return this builder
     */
    public TokenClassifierBuilder tokenBudget(int tokens) {
        if (tokens < 1) {
            throw new IllegalArgumentException("tokenBudget must be at least 1, but is " + tokens);
        }
        this.tokenBudget = tokens;
        return this;
    }

    /**
     * Sets how many texts are looked at together: the more, the better texts of like length find each other, and the
     * more memory is held. {@code 512} unless set.
     *
     * @param texts most texts; fewer where they are long, more than 4,096 UTF-16 units on the average
     * @return this builder
     */
    public TokenClassifierBuilder lookAhead(int texts) {
        if (texts < 1) {
            throw new IllegalArgumentException("lookAhead must be at least 1, but is " + texts);
        }
        this.lookAhead = texts;
        return this;
    }

    /**
     * Sets how many runs of the model a call has at a time, each on a thread of its own; {@code 1} unless set. The runs
     * share ONNX Runtime's threads within an operator, so {@code concurrentRuns(4).intraOpThreads(1)} keeps four
     * processors busy. {@link #calibrate} tells what is best.
     *
     * @param runs most runs at a time
     * @return this builder
     * @throws IllegalArgumentException if it is less than 1
     */
    public TokenClassifierBuilder concurrentRuns(int runs) {
        if (runs < 1) {
            throw new IllegalArgumentException("concurrentRuns must be at least 1, but is " + runs);
        }
        this.concurrentRuns = runs;
        return this;
    }

    /**
     * Sets what a calibration found: the token budget, the concurrent runs and the threads within an operator.
     *
     * @param calibration from {@link #calibrate}, or read from a file; one of another number of processors is warned of
     * @return this builder
     */
    public TokenClassifierBuilder calibration(Calibration calibration) {
        int here = Calibrator.processors();
        if (calibration.processors() != here) {
            LoggerFactory.getLogger(TokenClassifierBuilder.class)
                    .warn(
                            "calibrated on {} processors, this JVM has {}: calibrate again",
                            calibration.processors(),
                            here);
        }
        if (calibration.intraOpThreads() > 0) {
            intraOpThreads(calibration.intraOpThreads());
        }
        return tokenBudget(calibration.tokenBudget()).concurrentRuns(calibration.concurrentRuns());
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
        if (texts.isEmpty() || time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("expected texts and some time, found " + texts.size() + ", " + time);
        }
        try (Archive archive = open(path == null ? Archive.local(location) : path)) {
            return new Calibrator(this, archive, List.copyOf(texts), time).run();
        }
    }

    /** ONNX Runtime's threads within an operator; 0: its choice. */
    int intraOpThreads() {
        return Integer.parseInt(options.getOrDefault(SessionSettings.INTRA_OP_THREADS, "0"));
    }

    /** What loads a trial: these settings, with another split of the threads. */
    TokenClassifierBuilder with(int runs, int threads) {
        TokenClassifierBuilder other =
                path == null ? new TokenClassifierBuilder(location) : new TokenClassifierBuilder(path);
        other.options.putAll(options);
        // A profile is of one session.
        other.options.remove(SessionSettings.PROFILE);
        other.strategy = strategy;
        other.ignored = ignored;
        other.stride = stride;
        other.device = device;
        other.tokenBudget = tokenBudget;
        if (threads > 0) {
            other.intraOpThreads(threads);
        }
        return other.concurrentRuns(runs);
    }

    /**
     * Sets whether the archive is proven on this JVM as it is loaded, with its golden texts.
     *
     * @param selfTest whether to prove it
     * @return this builder
     */
    public TokenClassifierBuilder selfTest(boolean selfTest) {
        this.selfTest = selfTest;
        return this;
    }

    /**
     * Sets the key that must have signed the archive; without a true signature of it {@link #build()} refuses.
     *
     * @param key a P-256 public key in PEM
     * @return this builder
     */
    public TokenClassifierBuilder trustKey(Path key) {
        this.trustKey = Objects.requireNonNull(key, "key");
        return this;
    }

    /**
     * Sets where the signature is. By default it lies beside the archive: {@code model.zip.sig}.
     *
     * @param file the signature; it counts only with {@link #trustKey(Path)}
     * @return this builder
     */
    public TokenClassifierBuilder signature(Path file) {
        this.signature = Objects.requireNonNull(file, "file");
        return this;
    }

    /**
     * Loads the classifier.
     *
     * @return the classifier; close it after use
     * @throws IOException if the archive cannot be used, or fails its self-test
     */
    public TokenClassifier build() throws IOException {
        // What a zoo gives is a file too, with its detached signature, if there is one, beside it.
        Path local = path == null ? Archive.local(location) : path;
        Archive archive = open(local);
        try {
            TokenClassifier classifier = new TokenClassifier(this, archive);
            if (selfTest) {
                prove(classifier, local);
            }
            return classifier;
        } catch (IOException | RuntimeException | Error e) {
            archive.close();
            throw e;
        }
    }

    private Archive open(Path local) throws IOException {
        if (trustKey == null) {
            if (signature != null) {
                throw new IllegalStateException("a signature proves nothing without trustKey");
            }
            return Archive.open(local);
        }
        return signature == null ? Archive.open(local, trustKey) : Archive.open(local, trustKey, signature);
    }

    /** Refused here, where the caller stands, rather than when the model is loaded. */
    private TokenClassifierBuilder option(String key, String value) {
        SessionSettings.check(device, Map.of(key, value));
        options.put(key, value);
        return this;
    }

    private static void prove(TokenClassifier classifier, Path local) throws IOException {
        SelfTest result;
        try {
            result = SelfTest.run(classifier);
        } catch (IOException | RuntimeException | Error e) {
            classifier.close();
            throw e;
        }
        if (!result.passed()) {
            classifier.close();
            throw new ArchiveException(local.toString(), "the outputs of fp32 PyTorch", result.toString());
        }
    }
}
