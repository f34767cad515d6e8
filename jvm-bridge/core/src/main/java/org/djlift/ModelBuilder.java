package org.djlift;

import org.djlift.archive.ArchiveException;
import org.djlift.data.Calibration;
import org.djlift.data.SelfTest;
import org.djlift.internal.base.Jars;
import org.djlift.internal.engine.Calibrator;
import org.djlift.internal.engine.LoadSettings;
import org.djlift.internal.graph.SessionSettings;
import org.djlift.internal.reader.OpenedArchive;
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
 * Settings that every model has, whatever its task; what is not set is the archive's.
 *
 * @param <B> the builder itself
 */
public abstract class ModelBuilder<B extends ModelBuilder<B>> {

    private static final int TOKEN_BUDGET = 1024;
    private static final int LOOK_AHEAD = 512;

    /** A path, or coordinates in a zoo; one of the two is null. */
    private final Path path;

    private final String location;
    private final Map<String, String> options = new TreeMap<>();
    private String device = "cpu";
    private int tokenBudget = TOKEN_BUDGET;
    private long maxCharacters = Long.MAX_VALUE;
    private int lookAhead = LOOK_AHEAD;
    private int concurrentRuns = 1;
    private boolean selfTest;
    private Path trustKey;
    private Path signature;

    ModelBuilder(Path path) {
        Jars.check();
        this.path = Objects.requireNonNull(path, "path");
        this.location = null;
    }

    ModelBuilder(String location) {
        Jars.check();
        this.path = null;
        this.location = Objects.requireNonNull(location, "location");
    }

    abstract B self();

    /** The task of the model, as manifests name it. */
    abstract String task();

    /**
     * Sets the threads within an operator.
     *
     * @param threads number of threads; 0 lets ONNX Runtime choose
     * @return this builder
     * @throws IllegalArgumentException if the number is negative or more than 1,024
     */
    public B intraOpThreads(int threads) {
        return option(SessionSettings.INTRA_OP_THREADS, Integer.toString(threads));
    }

    /**
     * Sets the threads between operators.
     *
     * @param threads number of threads; 0 lets ONNX Runtime choose
     * @return this builder
     * @throws IllegalArgumentException if the number is negative or more than 1,024
     */
    public B interOpThreads(int threads) {
        return option(SessionSettings.INTER_OP_THREADS, Integer.toString(threads));
    }

    /**
     * Sets how far ONNX Runtime rewrites the graph as it loads it.
     *
     * @param level {@code NO_OPT}, {@code BASIC_OPT}, {@code EXTENDED_OPT} or {@code ALL_OPT}
     * @return this builder
     * @throws IllegalArgumentException if the level is unknown
     */
    public B optimizationLevel(String level) {
        return option(SessionSettings.OPTIMIZATION_LEVEL, Objects.requireNonNull(level, "level"));
    }

    /**
     * Sets where the model runs.
     *
     * @param device {@code cpu}, or {@code gpu0} and so on, which needs ONNX Runtime's GPU jar
     * @return this builder
     * @throws IllegalArgumentException if the name is unknown
     */
    public B device(String device) {
        SessionSettings.check(Objects.requireNonNull(device, "device"), Map.of());
        this.device = device;
        return self();
    }

    /**
     * Sets where ONNX Runtime writes which operator ran on which execution provider, and how long it took. The file is
     * complete once the classifier is closed.
     *
     * @param start the start of the file's path, to which ONNX Runtime adds the time and {@code .json}
     * @return this builder
     */
    public B profile(Path start) {
        return option(SessionSettings.PROFILE, start.toString());
    }

    /**
     * Sets how long an input may be: a longer one fails before it is tokenized, and no other with it. None by default: the
     * model sees the same of a long text as PyTorch's does, and to tokenize it takes time and memory in proportion to it.
     *
     * @param characters most characters of an input, in UTF-16 units as {@code String.length()} counts; of an input of
     *     several texts, of all together
     * @return this builder
     * @throws IllegalArgumentException if the number is less than 1
     */
    public B maxCharacters(int characters) {
        if (characters < 1) {
            throw new IllegalArgumentException("maxCharacters must be at least 1, but is " + characters);
        }
        this.maxCharacters = characters;
        return self();
    }

    /**
     * Sets how much shares a run of the model.
     *
     * @param tokens most tokens of a run, padding included
     * @return this builder
     */
    public B tokenBudget(int tokens) {
        if (tokens < 1) {
            throw new IllegalArgumentException("tokenBudget must be at least 1, but is " + tokens);
        }
        this.tokenBudget = tokens;
        return self();
    }

    /**
     * Sets how many texts are looked at together: the more, the better texts of like length find each other, and the
     * more memory is held. {@code 512} unless set.
     *
     * @param texts most texts; fewer where they are long, more than 4,096 UTF-16 units on the average
     * @return this builder
     */
    public B lookAhead(int texts) {
        if (texts < 1) {
            throw new IllegalArgumentException("lookAhead must be at least 1, but is " + texts);
        }
        this.lookAhead = texts;
        return self();
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
    public B concurrentRuns(int runs) {
        if (runs < 1 || runs > SessionSettings.MOST_THREADS) {
            throw new IllegalArgumentException("concurrentRuns must be at least 1 and at most "
                    + SessionSettings.MOST_THREADS + ", but is " + runs);
        }
        this.concurrentRuns = runs;
        return self();
    }

    /**
     * Sets what a calibration found: the token budget, the concurrent runs and the threads within an operator.
     *
     * @param calibration one that was made here, or read from a file; one of another number of processors is warned of
     * @return this builder
     */
    public B calibration(Calibration calibration) {
        int here = Calibrator.processors();
        if (calibration.processors() != here) {
            LoggerFactory.getLogger(ModelBuilder.class)
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
     * Sets whether the archive is proven on this JVM as it is loaded, with its golden texts.
     *
     * @param selfTest whether to prove it
     * @return this builder
     */
    public B selfTest(boolean selfTest) {
        this.selfTest = selfTest;
        return self();
    }

    /**
     * Sets the key that must have signed the archive; without a true signature of it the model is not loaded.
     *
     * @param key a P-256 public key in PEM
     * @return this builder
     */
    public B trustKey(Path key) {
        this.trustKey = Objects.requireNonNull(key, "key");
        return self();
    }

    /**
     * Sets where the signature is. By default it lies beside the archive: {@code model.zip.sig}.
     *
     * @param file the signature; it counts only with {@link #trustKey(Path)}
     * @return this builder
     */
    public B signature(Path file) {
        this.signature = Objects.requireNonNull(file, "file");
        return self();
    }

    /** What has been set. */
    final LoadSettings settings() {
        return new LoadSettings(device, options, tokenBudget, maxCharacters, lookAhead, concurrentRuns);
    }

    /** Calibrates on inputs of the task's own. */
    <I> Calibration calibrated(Collection<? extends I> inputs, Duration time, Calibrator.Work<I> work)
            throws IOException {
        if (inputs.isEmpty() || time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("expected texts and some time, found " + inputs.size() + ", " + time);
        }
        try (OpenedArchive archive = open(local())) {
            return archive.naming(() -> new Calibrator<>(settings(), archive, List.copyOf(inputs), time, work).run());
        }
    }

    /** What is made of an archive. */
    interface Load<M> {

        M of(OpenedArchive archive) throws IOException;
    }

    /** A model and its proof; closed when it fails. */
    interface Proof<M> {

        SelfTest of(M model) throws IOException;
    }

    /** Opens the archive, loads, and proves where that is asked for. */
    <M extends AutoCloseable> M built(Load<M> load, Proof<M> proof) throws IOException {
        // What a zoo gives is a file too, with its detached signature, if there is one, beside it.
        Path local = local();
        OpenedArchive archive = open(local);
        try {
            return archive.naming(() -> {
                M model = load.of(archive);
                if (selfTest) {
                    prove(model, proof, local);
                }
                return model;
            });
        } catch (IOException | RuntimeException | Error e) {
            archive.close();
            throw e;
        }
    }

    private static <M extends AutoCloseable> void prove(M model, Proof<M> proof, Path local) throws IOException {
        SelfTest result = null;
        try {
            result = proof.of(model);
        } finally {
            if (result == null || !result.passed()) {
                closed(model);
            }
        }
        if (!result.passed()) {
            throw new ArchiveException(local.toString(), "the outputs of fp32 PyTorch", result.toString());
        }
    }

    private static void closed(AutoCloseable model) throws IOException {
        try {
            model.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private Path local() throws IOException {
        return path == null ? Archive.local(location, task()) : path;
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
    private B option(String key, String value) {
        SessionSettings.check(device, Map.of(key, value));
        options.put(key, value);
        return self();
    }
}
