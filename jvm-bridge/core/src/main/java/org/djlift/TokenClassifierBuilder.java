package org.djlift;

import org.djlift.internal.SessionSettings;
import org.djlift.internal.Tokenization;

import java.io.IOException;
import java.nio.file.Path;
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
