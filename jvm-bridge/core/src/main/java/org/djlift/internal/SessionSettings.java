package org.djlift.internal;

import ai.djl.Device;

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

    /** What an archive may set by itself. Others, such as customOpLibrary, would load its code. */
    private static final Set<String> HARMLESS = Set.of(
            INTRA_OP_THREADS,
            INTER_OP_THREADS,
            OPTIMIZATION_LEVEL,
            "executionMode",
            "memoryPatternOptimization",
            "cpuArenaAllocator",
            "disablePerSessionThreads");

    private static final List<String> LEVELS = List.of("NO_OPT", "BASIC_OPT", "EXTENDED_OPT", "ALL_OPT");

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
            good = value.matches("\\d{1,4}");
            expected = "a number of threads from 0, ONNX Runtime's choice, to 9999";
        } else if (option.equals(OPTIMIZATION_LEVEL)) {
            good = LEVELS.contains(value);
            expected = "one of " + String.join(", ", LEVELS);
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
    static Device device(String name) {
        if (name.equals("cpu")) {
            return Device.cpu();
        }
        if (name.matches("gpu\\d{0,3}")) {
            return name.equals("gpu") ? Device.gpu() : Device.gpu(Integer.parseInt(name.substring("gpu".length())));
        }
        throw new IllegalArgumentException("device '" + name + "' is unknown; expected cpu, gpu0, gpu1 and so on");
    }

    Device device() {
        return device;
    }

    Map<String, String> options() {
        return options;
    }
}
