package org.djlift;

import org.djlift.archive.ArchiveException;
import org.djlift.data.Calibration;
import org.djlift.data.SelfTest;
import org.djlift.internal.base.Jars;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Calibrator;
import org.djlift.internal.engine.LoadSettings;
import org.djlift.internal.engine.Task;
import org.djlift.internal.graph.SessionSettings;
import org.djlift.internal.reader.OpenedArchive;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Settings of a model; what is not set is the archive's. What is set wins over a calibration, whichever comes first.
 *
 * @param <M> the model
 * @param <I> an input of it
 * @param <P> what a call of it may do otherwise than the archive says
 */
public final class ModelBuilder<M extends TextModel<I, ?, P>, I, P extends TaskOptions> {

    /** The constructor of a model. */
    interface Make<M extends TextModel<I, ?, P>, I, P extends TaskOptions> {

        M model(ModelBuilder<M, I, P> builder, OpenedArchive archive) throws IOException;
    }

    /** Where the archive is; coordinates of a zoo are looked up when it is asked. */
    private interface Location {

        Path path() throws IOException;
    }

    private static final int TOKEN_BUDGET = 1024;
    private static final int LOOK_AHEAD = 512;

    private final Task<I, ?> task;
    private final Make<M, I, P> make;
    private final Location location;
    private final Map<String, String> session = new TreeMap<>();
    private Parameters parameters = Parameters.none();
    private String device = "cpu";
    private @Nullable Calibration calibration;
    /** 0 where it was not set. */
    private int tokenBudget;

    private int concurrentRuns;
    private long maxCharacters = Long.MAX_VALUE;
    private int lookAhead = LOOK_AHEAD;
    private boolean selfTest;
    private @Nullable Path trustKey;
    private @Nullable Path signature;

    ModelBuilder(Path path, Task<I, ?> task, Make<M, I, P> make) {
        Jars.check();
        Objects.requireNonNull(path, "path");
        this.location = () -> path;
        this.task = task;
        this.make = make;
    }

    ModelBuilder(String location, Task<I, ?> task, Make<M, I, P> make) {
        Jars.check();
        Objects.requireNonNull(location, "location");
        this.location = () -> Archive.local(location, task.name());
        this.task = task;
        this.make = make;
    }

    /**
     * Sets what calls do that name no options.
     *
     * @param options what differs from the builder's options, or else the archive's
     * @return this builder
     */
    public ModelBuilder<M, I, P> options(P options) {
        this.parameters = options.parameters;
        return this;
    }

    /**
     * Sets the threads within an operator.
     *
     * @param threads number of threads; 0 lets ONNX Runtime choose
     * @return this builder
     * @throws IllegalArgumentException if the number is negative or more than 1,024
     */
    public ModelBuilder<M, I, P> intraOpThreads(int threads) {
        return option(SessionSettings.INTRA_OP_THREADS, Integer.toString(threads));
    }

    /**
     * Sets the threads between operators.
     *
     * @param threads number of threads; 0 lets ONNX Runtime choose
     * @return this builder
     * @throws IllegalArgumentException if the number is negative or more than 1,024
     */
    public ModelBuilder<M, I, P> interOpThreads(int threads) {
        return option(SessionSettings.INTER_OP_THREADS, Integer.toString(threads));
    }

    /**
     * Sets how far ONNX Runtime rewrites the graph as it loads it.
     *
     * @param level {@code NO_OPT}, {@code BASIC_OPT}, {@code EXTENDED_OPT} or {@code ALL_OPT}
     * @return this builder
     * @throws IllegalArgumentException if the level is unknown
     */
    public ModelBuilder<M, I, P> optimizationLevel(String level) {
        return option(SessionSettings.OPTIMIZATION_LEVEL, Objects.requireNonNull(level, "level"));
    }

    /**
     * Sets where the model runs.
     *
     * @param device {@code cpu}, or {@code gpu0} and so on, which needs ONNX Runtime's GPU jar
     * @return this builder
     * @throws IllegalArgumentException if the name is unknown
     */
    public ModelBuilder<M, I, P> device(String device) {
        SessionSettings.check(Objects.requireNonNull(device, "device"), Map.of());
        this.device = device;
        return this;
    }

    /**
     * Sets where ONNX Runtime writes which operator ran on which execution provider, and how long it took. The file is
     * complete once the model is closed.
     *
     * @param start the start of the file's path, to which ONNX Runtime adds the time and {@code .json}
     * @return this builder
     */
    public ModelBuilder<M, I, P> profile(Path start) {
        return option(SessionSettings.PROFILE, start.toString());
    }

    /**
     * Sets how long an input may be: a longer one fails before it is tokenized, and no other with it. None by default:
     * the model sees the same of a long text as PyTorch's does, and to tokenize it takes time and memory in proportion
     * to it.
     *
     * @param characters most characters of an input, in UTF-16 units as {@code String.length()} counts; of an input of
     *     several texts, of all together
     * @return this builder
     * @throws IllegalArgumentException if the number is less than 1
     */
    public ModelBuilder<M, I, P> maxCharacters(int characters) {
        if (characters < 1) {
            throw new IllegalArgumentException("maxCharacters must be at least 1, but is " + characters);
        }
        this.maxCharacters = characters;
        return this;
    }

    /**
     * Sets how much shares a run of the model.
     *
     * @param tokens most tokens of a run, padding included
     * @return this builder
     */
    public ModelBuilder<M, I, P> tokenBudget(int tokens) {
        if (tokens < 1) {
            throw new IllegalArgumentException("tokenBudget must be at least 1, but is " + tokens);
        }
        this.tokenBudget = tokens;
        return this;
    }

    /**
     * Sets how many inputs are looked at together: the more, the better texts of like length find each other, and the
     * more memory is held. {@code 512} unless set.
     *
     * @param texts most texts; fewer where they are long, more than 4,096 UTF-16 units on the average
     * @return this builder
     */
    public ModelBuilder<M, I, P> lookAhead(int texts) {
        if (texts < 1) {
            throw new IllegalArgumentException("lookAhead must be at least 1, but is " + texts);
        }
        this.lookAhead = texts;
        return this;
    }

    /**
     * Sets how many runs of the model a call has at a time, each on a thread of its own; {@code 1} unless set. The runs
     * share ONNX Runtime's threads within an operator, so {@code concurrentRuns(4).intraOpThreads(1)} keeps four
     * processors busy. A calibration tells what is best.
     *
     * @param runs most runs at a time
     * @return this builder
     * @throws IllegalArgumentException if it is less than 1 or more than 1,024
     */
    public ModelBuilder<M, I, P> concurrentRuns(int runs) {
        if (runs < 1 || runs > SessionSettings.MOST_THREADS) {
            throw new IllegalArgumentException("concurrentRuns must be at least 1 and at most "
                    + SessionSettings.MOST_THREADS + ", but is " + runs);
        }
        this.concurrentRuns = runs;
        return this;
    }

    /**
     * Sets what a calibration found: the token budget, the concurrent runs and the threads within an operator. What is
     * set besides wins over it.
     *
     * @param calibration one that was made here, or read from a file; one of another number of processors is warned of
     * @return this builder
     */
    public ModelBuilder<M, I, P> calibration(Calibration calibration) {
        int here = Calibrator.processors();
        if (calibration.processors() != here) {
            LoggerFactory.getLogger(ModelBuilder.class)
                    .warn(
                            "calibrated on {} processors, this JVM has {}: calibrate again",
                            calibration.processors(),
                            here);
        }
        this.calibration = calibration;
        return this;
    }

    /**
     * Sets whether the archive is proven on this JVM as it is loaded, with its golden texts.
     *
     * @param selfTest whether to prove it
     * @return this builder
     */
    public ModelBuilder<M, I, P> selfTest(boolean selfTest) {
        this.selfTest = selfTest;
        return this;
    }

    /**
     * Sets the key that must have signed the archive; without a true signature of it the model is not loaded.
     *
     * @param key a P-256 public key in PEM
     * @return this builder
     */
    public ModelBuilder<M, I, P> trustKey(Path key) {
        this.trustKey = Objects.requireNonNull(key, "key");
        return this;
    }

    /**
     * Sets where the signature is. By default it lies beside the archive: {@code model.zip.sig}.
     *
     * @param file the signature; it counts only with {@link #trustKey(Path)}
     * @return this builder
     */
    public ModelBuilder<M, I, P> signature(Path file) {
        this.signature = Objects.requireNonNull(file, "file");
        return this;
    }

    /** The parameters of calls that name none. */
    Parameters parameters() {
        return parameters;
    }

    /** What has been set, over what a calibration found. */
    LoadSettings settings() {
        Map<String, String> options = new TreeMap<>(session);
        int budget = TOKEN_BUDGET;
        int runs = 1;
        if (calibration != null) {
            budget = calibration.tokenBudget();
            runs = calibration.concurrentRuns();
            if (calibration.intraOpThreads() > 0) {
                options.putIfAbsent(SessionSettings.INTRA_OP_THREADS, Integer.toString(calibration.intraOpThreads()));
            }
        }
        return new LoadSettings(
                device,
                options,
                tokenBudget > 0 ? tokenBudget : budget,
                maxCharacters,
                lookAhead,
                concurrentRuns > 0 ? concurrentRuns : runs);
    }

    /**
     * Tries the archive with other token budgets and other splits of the threads, for a few seconds, on inputs like
     * those to come. The settings of this builder stay the choice where nothing is clearly faster; it is not changed.
     *
     * @param inputs some hundred inputs or more
     * @param time about how long to try, without loading the model for each split of the threads
     * @return what was found, for {@link #calibration} or a file
     * @throws IOException if the archive cannot be used
     * @throws IllegalArgumentException if there are no inputs or no time
     */
    public Calibration calibrate(Collection<? extends I> inputs, Duration time) throws IOException {
        if (inputs.isEmpty() || time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("expected inputs and some time, found " + inputs.size() + ", " + time);
        }
        try (OpenedArchive archive = open(location.path())) {
            return archive.naming(
                    () -> new Calibrator<>(task, parameters, settings(), archive, List.copyOf(inputs), time).run());
        }
    }

    /**
     * Loads the model.
     *
     * @return the model; close it after use
     * @throws IOException if the archive cannot be used, or fails its self-test
     */
    public M build() throws IOException {
        // What a zoo gives is a file too, with its detached signature, if there is one, beside it.
        Path local = location.path();
        OpenedArchive archive = open(local);
        try {
            return archive.naming(() -> {
                M model = make.model(this, archive);
                if (selfTest) {
                    prove(model, local);
                }
                return model;
            });
        } catch (IOException | RuntimeException | Error e) {
            archive.close();
            throw e;
        }
    }

    private static void prove(TextModel<?, ?, ?> model, Path local) throws IOException {
        SelfTest result = null;
        try {
            result = model.selfTest();
        } finally {
            if (result == null || !result.passed()) {
                model.close();
            }
        }
        if (!result.passed()) {
            throw new ArchiveException(local.toString(), "the outputs of fp32 PyTorch", result.toString());
        }
    }

    private OpenedArchive open(Path local) throws IOException {
        if (trustKey == null) {
            if (signature != null) {
                throw new IllegalStateException("a signature proves nothing without trustKey");
            }
            return OpenedArchive.open(local);
        }
        return signature == null ? OpenedArchive.open(local, trustKey) : OpenedArchive.open(local, trustKey, signature);
    }

    /** Refused here, where the caller stands, rather than when the model is loaded. */
    private ModelBuilder<M, I, P> option(String key, String value) {
        SessionSettings.check(device, Map.of(key, value));
        session.put(key, value);
        return this;
    }
}
