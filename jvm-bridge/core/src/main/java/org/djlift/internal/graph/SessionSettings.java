package org.djlift.internal.graph;

import ai.djl.Device;

import org.djlift.internal.base.Daemons;
import org.djlift.internal.base.Printable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How ONNX Runtime shall run a graph: the options of DJL's engine, and the device. */
public final class SessionSettings {

    public static final String INTRA_OP_THREADS = "intraOpNumThreads";
    public static final String INTER_OP_THREADS = "interOpNumThreads";
    public static final String OPTIMIZATION_LEVEL = "optLevel";
    /** Not for archives to set: it writes a file. */
    public static final String PROFILE = "profilerOutput";

    public static final int MOST_THREADS = Daemons.MOST;

    static final String EXECUTION_MODE = "executionMode";
    static final String MEMORY_PATTERN = "memoryPatternOptimization";
    static final String ARENA = "cpuArenaAllocator";
    /** What an archive may set by itself. Others, such as customOpLibrary, would load its code. */
    private static final Set<String> HARMLESS = Set.of(OPTIMIZATION_LEVEL, EXECUTION_MODE, MEMORY_PATTERN, ARENA);
    /** What only the machine can tell. */
    private static final Set<String> THREADS = Set.of(INTRA_OP_THREADS, INTER_OP_THREADS, "disablePerSessionThreads");

    private static final List<String> LEVELS = List.of("NO_OPT", "BASIC_OPT", "EXTENDED_OPT", "ALL_OPT");
    private static final List<String> MODES = List.of("SEQUENTIAL", "PARALLEL");
    private static final Logger LOGGER = LoggerFactory.getLogger(SessionSettings.class);

    private final Device device;
    private final Map<String, String> options = new TreeMap<>();

    /**
     * @param device DJL's name of a device: {@code cpu}, {@code gpu0} and so on
     * @param fromArchive the settings that the archive brings along
     * @param chosen the settings that win over them
     */
    public SessionSettings(String device, Map<String, String> fromArchive, Map<String, String> chosen) {
        this.device = device(device);
        fromArchive.forEach((key, value) -> {
            if (HARMLESS.contains(key)) {
                options.put(key, value);
            } else if (THREADS.contains(key)) {
                LOGGER.warn(
                        "option.{}={} of the archive is ignored: threads are set where the model is loaded",
                        key,
                        Printable.text(value));
            }
        });
        options.putAll(chosen);
        options.forEach(SessionSettings::check);
    }

    /** ONNX Runtime takes a negative number for its own choice, and DJL a level it does not know for none. */
    private static void check(String option, String value) {
        boolean good = true;
        String expected = "";
        if (option.equals(INTRA_OP_THREADS) || option.equals(INTER_OP_THREADS)) {
            good = value.matches("\\d{1,4}") && Integer.parseInt(value) <= MOST_THREADS;
            expected = "a number of threads from 0, ONNX Runtime's choice, to " + MOST_THREADS;
        } else if (option.equals(OPTIMIZATION_LEVEL)) {
            good = LEVELS.contains(value);
            expected = "one of " + String.join(", ", LEVELS);
        } else if (option.equals(EXECUTION_MODE)) {
            good = MODES.contains(value);
            expected = "one of " + String.join(", ", MODES);
        }
        if (!good) {
            throw new IllegalArgumentException(option + ": expected " + expected + ", found '" + value + "'");
        }
    }

    /**
     * The settings of a caller alone.
     *
     * @throws IllegalArgumentException if one of them cannot be
     */
    public static void check(String device, Map<String, String> chosen) {
        new SessionSettings(device, Map.of(), chosen);
    }

    /** Not by Device.fromName, which starts DJL's default engine, whichever that is. */
    public static Device device(String name) {
        if (name.equals("cpu")) {
            return Device.cpu();
        }
        if (name.matches("gpu\\d{0,3}")) {
            return name.equals("gpu") ? Device.gpu() : Device.gpu(Integer.parseInt(name.substring("gpu".length())));
        }
        throw new IllegalArgumentException("device '" + name + "' is unknown; expected cpu, gpu0, gpu1 and so on");
    }

    public Device device() {
        return device;
    }

    Map<String, String> options() {
        return Collections.unmodifiableMap(options);
    }
}
