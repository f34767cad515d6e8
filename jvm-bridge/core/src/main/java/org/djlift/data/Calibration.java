package org.djlift.data;

import com.google.gson.GsonBuilder;

import org.djlift.internal.base.Daemons;
import org.djlift.internal.base.PartialFile;
import org.djlift.internal.base.StrictJson;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The settings with which a machine runs a model fastest, as {@link org.djlift.ModelBuilder#calibrate} found them: the
 * tokens of a run, the runs at a time and the threads within an operator. Results do not depend on them but for the
 * last digits of scores. Two calibrations are equal if all their values are.
 */
public final class Calibration {

    private static final int FORMAT = 1;
    private static final int MOST = 1 << 20;

    private final String archive;
    private final int processors;
    private final int tokenBudget;
    private final int concurrentRuns;
    private final int intraOpThreads;
    private final double gain;

    /**
     * Makes a calibration.
     *
     * @param archive the name, version and precision of the archive
     * @param processors those of the machine
     * @param tokenBudget tokens of a run, padding included
     * @param concurrentRuns runs at a time
     * @param intraOpThreads ONNX Runtime's threads within an operator; 0 leaves them to it
     * @param gain the tokens per second with these settings, divided by those with the settings of the builder
     * @throws IllegalArgumentException if a number is too small, or there are more than 1,024 runs or threads
     */
    public Calibration(
            String archive, int processors, int tokenBudget, int concurrentRuns, int intraOpThreads, double gain) {
        this.archive = Objects.requireNonNull(archive, "archive");
        checked("processors", processors, 1, MOST);
        checked("token_budget", tokenBudget, 1, MOST);
        checked("concurrent_runs", concurrentRuns, 1, Daemons.MOST);
        checked("intra_op_threads", intraOpThreads, 0, Daemons.MOST);
        this.processors = processors;
        this.tokenBudget = tokenBudget;
        this.concurrentRuns = concurrentRuns;
        this.intraOpThreads = intraOpThreads;
        this.gain = gain;
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @param file the file
     * @return the calibration
     * @throws IOException if the file cannot be read, or is no calibration; the message says what was expected
     */
    public static Calibration read(Path file) throws IOException {
        try {
            Map<?, ?> json = (Map<?, ?>) StrictJson.parse(Files.readAllBytes(file));
            if (number(json, "format") != FORMAT) {
                throw new IllegalArgumentException("format " + json.get("format"));
            }
            return new Calibration(
                    (String) Objects.requireNonNull(json.get("archive"), "no archive"),
                    number(json, "processors"),
                    number(json, "token_budget"),
                    number(json, "concurrent_runs"),
                    number(json, "intra_op_threads"),
                    ((Number) Objects.requireNonNull(json.get("gain"), "no gain")).doubleValue());
        } catch (IllegalArgumentException | ClassCastException | NullPointerException e) {
            throw new IOException(
                    file + ": expected a calibration of djlift, found " + e.getMessage()
                            + "; calibrate again, or load without it",
                    e);
        }
    }

    private static int number(Map<?, ?> json, String key) {
        Object value = json.get(key);
        if (value instanceof BigInteger && ((BigInteger) value).bitLength() < Integer.SIZE) {
            return ((BigInteger) value).intValue();
        }
        throw new IllegalArgumentException(key + " " + value);
    }

    private static void checked(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(key + " " + value);
        }
    }

    /**
     * Writes the calibration as JSON, for {@link #read}. The file is whole at every moment.
     *
     * @param file the file; one that is there is replaced
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("format", FORMAT);
        json.put("archive", archive);
        json.put("processors", processors);
        json.put("token_budget", tokenBudget);
        json.put("concurrent_runs", concurrentRuns);
        json.put("intra_op_threads", intraOpThreads);
        json.put("gain", gain);
        Path absolute = file.toAbsolutePath();
        Path beside = PartialFile.beside(absolute);
        try {
            String text = new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n";
            Files.write(beside, text.getBytes(StandardCharsets.UTF_8));
            Files.move(beside, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /**
     * Returns which archive was calibrated.
     *
     * @return the name, version and precision of the archive
     */
    public String archive() {
        return archive;
    }

    /**
     * Returns how many processors the JVM had that calibrated.
     *
     * @return the processors
     */
    public int processors() {
        return processors;
    }

    /**
     * Returns the token budget that was found fastest.
     *
     * @return most tokens of a run, padding included
     */
    public int tokenBudget() {
        return tokenBudget;
    }

    /**
     * Returns the number of concurrent runs that was found fastest.
     *
     * @return runs of the model at a time within a call
     */
    public int concurrentRuns() {
        return concurrentRuns;
    }

    /**
     * Returns the number of threads within an operator that was found fastest.
     *
     * @return the threads; 0 leaves the number to ONNX Runtime
     */
    public int intraOpThreads() {
        return intraOpThreads;
    }

    /**
     * Returns how much faster these settings are than those of the builder that calibrated.
     *
     * @return the tokens per second with these settings, divided by those with the settings of the builder; 1 if the
     *     builder's were the fastest
     */
    public double gain() {
        return gain;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Calibration)) {
            return false;
        }
        Calibration that = (Calibration) other;
        return archive.equals(that.archive)
                && processors == that.processors
                && tokenBudget == that.tokenBudget
                && concurrentRuns == that.concurrentRuns
                && intraOpThreads == that.intraOpThreads
                && Double.compare(gain, that.gain) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(archive, processors, tokenBudget, concurrentRuns, intraOpThreads, gain);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s on %d processors: tokenBudget %d, concurrentRuns %d, intraOpThreads %d; %.2f times the tokens per"
                        + " second",
                archive,
                processors,
                tokenBudget,
                concurrentRuns,
                intraOpThreads,
                gain);
    }
}
