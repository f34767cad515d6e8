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
 * Sets how a model is loaded and run, and loads it. What is set wins over a calibration, whichever comes first.
 *
 * @param <M> the model
 * @param <I> the input
 * @param <P> the options of a call
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
     * Sets the options of all calls. Each option is looked up in the options of the call, then in these, then in the
     * archive. A second call of this method replaces the options of the first.
     *
     * @param options the options that differ from the archive's
     * @return this builder
     */
    public ModelBuilder<M, I, P> options(P options) {
        this.parameters = options.parameters;
        return this;
    }

    /**
     * Sets how many threads ONNX Runtime uses within an operator. By default it chooses.
     *
     * @param threads number of threads; 0 lets ONNX Runtime choose
     * @return this builder
     * @throws IllegalArgumentException if the number is negative or more than 1,024
     */
    public ModelBuilder<M, I, P> intraOpThreads(int threads) {
        return option(SessionSettings.INTRA_OP_THREADS, Integer.toString(threads));
    }

    /**
     * Sets how many threads ONNX Runtime uses to run operators side by side. By default it chooses.
     *
     * @param threads number of threads; 0 lets ONNX Runtime choose
     * @return this builder
     * @throws IllegalArgumentException if the number is negative or more than 1,024
     */
    public ModelBuilder<M, I, P> interOpThreads(int threads) {
        return option(SessionSettings.INTER_OP_THREADS, Integer.toString(threads));
    }

    /**
     * Sets how far ONNX Runtime optimizes the graph when it loads it. By default the archive or ONNX Runtime chooses.
     *
     * @param level {@code NO_OPT}, {@code BASIC_OPT}, {@code EXTENDED_OPT} or {@code ALL_OPT}
     * @return this builder
     * @throws IllegalArgumentException if the level is unknown
     */
    public ModelBuilder<M, I, P> optimizationLevel(String level) {
        return option(SessionSettings.OPTIMIZATION_LEVEL, Objects.requireNonNull(level, "level"));
    }

    /**
     * Sets the device that the model runs on. The default is {@code cpu}.
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
     * Turns on ONNX Runtime's profile, a file that says which operator ran on which execution provider, and how long it
     * took. It is complete once the model is closed. There is none by default.
     *
     * @param start the start of the file's path, to which ONNX Runtime adds the time and {@code .json}
     * @return this builder
     */
    public ModelBuilder<M, I, P> profile(Path start) {
        return option(SessionSettings.PROFILE, start.toString());
    }

    /**
     * Sets how long an input may be. A longer one fails with a {@link TextException} before it is tokenized; other
     * inputs are not affected, and the golden texts of a self-test are not limited. By default there is no limit. A
     * text is tokenized as a whole, also where the model reads only its beginning, so time and memory grow with its
     * length.
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
     * Sets how many tokens one run of the model takes at most, padding included. A longer text runs alone. The default
     * is {@code 1024}.
     *
     * @param tokens most tokens of a run, padding included
     * @return this builder
     * @throws IllegalArgumentException if the number is less than 1
     */
    public ModelBuilder<M, I, P> tokenBudget(int tokens) {
        if (tokens < 1) {
            throw new IllegalArgumentException("tokenBudget must be at least 1, but is " + tokens);
        }
        this.tokenBudget = tokens;
        return this;
    }

    /**
     * Sets how many inputs of a stream or a list are sorted by length together. More inputs give runs with less
     * padding, and take more memory. The default is {@code 512}.
     *
     * @param texts most inputs; fewer are taken if they have more than 4,096 UTF-16 units on the average
     * @return this builder
     * @throws IllegalArgumentException if the number is less than 1
     */
    public ModelBuilder<M, I, P> lookAhead(int texts) {
        if (texts < 1) {
            throw new IllegalArgumentException("lookAhead must be at least 1, but is " + texts);
        }
        this.lookAhead = texts;
        return this;
    }

    /**
     * Sets how many runs of the model a call has at a time, each on a thread of its own. The default is {@code 1}. The
     * runs share ONNX Runtime's threads within an operator, so {@code concurrentRuns(4).intraOpThreads(1)} keeps four
     * processors busy. {@link #calibrate} finds the fastest number.
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
     * Sets the token budget, the concurrent runs and the threads within an operator that a calibration found. What is
     * set by the methods of the same names wins over it.
     *
     * <p>If the calibration was made with another number of processors, a warning is logged through SLF4J and the
     * calibration is used. A calibration of another archive is used without a warning: compare {@link
     * Calibration#archive()} where that may happen.
     *
     * @param calibration the result of {@link #calibrate} or {@link Calibration#read}
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
     * Sets whether {@link #build()} compares the archive's outputs on this JVM with those of PyTorch. The default is
     * {@code false}. It runs every golden text of the archive, which takes time at each loading; if the comparison or a
     * golden text fails, {@code build()} throws an {@link ArchiveException}. The texts count in
     * {@link TextModel#stageTimes()}.
     *
     * @param selfTest whether to run the self-test
     * @return this builder
     */
    public ModelBuilder<M, I, P> selfTest(boolean selfTest) {
        this.selfTest = selfTest;
        return this;
    }

    /**
     * Sets the key that must have signed the archive. If there is no valid signature of this key, {@link #build()}
     * throws a {@link org.djlift.archive.SignatureRefusedException}. By default no signature is checked.
     *
     * @param key a P-256 public key in PEM
     * @return this builder
     */
    public ModelBuilder<M, I, P> trustKey(Path key) {
        this.trustKey = Objects.requireNonNull(key, "key");
        return this;
    }

    /**
     * Sets the file of the signature. By default it lies beside the archive: {@code model.zip.sig}. Without
     * {@link #trustKey(Path)}, {@link #build()} throws an {@link IllegalStateException}.
     *
     * @param file the signature
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
     * Measures which token budget and which split of the threads into concurrent runs is fastest on inputs like those
     * to come. The settings of this builder are the result unless others are faster by 3 %. The builder is not changed.
     *
     * <p>All else stays as the builder has it: the device, the options, the optimization level, the threads between
     * operators, {@code lookAhead} and {@code maxCharacters}; the self-test and the profile are left out. The archive
     * is opened once. The model is loaded once as the builder has it, and once for each split: with {@code n} threads
     * for 2, 4, 8 and so on below {@code n}, and for {@code n} concurrent runs. Two are in memory at a time.
     *
     * @param inputs some hundred inputs or more; at most {@code lookAhead} of them are used, evenly from all
     * @param time about how long to measure; the time to load the models comes on top
     * @return the fastest settings, for {@link #calibration} or {@link Calibration#write}
     * @throws IOException if the archive cannot be used
     * @throws IllegalArgumentException if there are no inputs, no time, or no tokens in the inputs
     * @throws IllegalStateException if there is a signature and no key
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
     * Loads the model, from a zoo if the location says so.
     *
     * @return the model; close it after use
     * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive
     * @throws ArchiveException if the file is no djlift archive, is altered, is of another task, or fails its self-test
     * @throws IOException if a file cannot be read or written
     * @throws IllegalArgumentException if the location is malformed, or an option does not fit the model
     * @throws IllegalStateException if there is a signature and no key
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
