package org.djlift.internal.graph;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which class of CPU this is: how it multiplies 8-bit integers. An int8 archive proven on one class may give other
 * results, and has another speed, on another.
 */
public final class CpuClass {

    private static final Logger LOGGER = LoggerFactory.getLogger(CpuClass.class);

    /** The best first; the features are in the names of Linux. */
    private static final List<Map.Entry<String, List<String>>> NEEDED = List.of(
            Map.entry("vnni", List.of("avx512_vnni", "avx_vnni", "avx512vnni")),
            Map.entry("avx512", List.of("avx512bw")),
            Map.entry("avx2", List.of("avx2")),
            Map.entry("neon", List.of("asimd", "neon")));

    private CpuClass() {}

    /**
     * Warns where an int8 archive was proven on another class of CPU than this machine's, as {@code djlift verify}
     * does. Says nothing where the system does not tell what its CPU can do.
     *
     * @param archive what is loaded, for the message
     * @param precision of the archive
     * @param proven the class in its manifest, or null
     */
    public static void warn(String archive, String precision, Object proven) {
        here().flatMap(now -> remark(precision, proven, now))
                .ifPresent(remark -> LOGGER.warn("{}: {}", archive, remark));
    }

    static Optional<String> remark(String precision, Object proven, String now) {
        if (!precision.equals("int8") || now.equals(proven)) {
            return Optional.empty();
        }
        String where = proven instanceof String
                ? "on another class of CPU (" + proven + ")"
                : "on a CPU that its manifest does not name";
        return Optional.of("this int8 archive was proven " + where + "; this machine is " + now
                + ": selfTest(true) proves it here");
    }

    static String classified(Collection<String> features) {
        return NEEDED.stream()
                .filter(entry -> entry.getValue().stream().anyMatch(features::contains))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("other");
    }

    /** The class of this machine; empty where the system does not say, as on macOS and Windows on x86. */
    static Optional<String> here() {
        String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        if (machine.equals("aarch64") || machine.equals("arm64")) {
            return Optional.of("neon");
        }
        Set<String> found = features(Path.of("/proc/cpuinfo"));
        return found.isEmpty() ? Optional.empty() : Optional.of(classified(found));
    }

    static Set<String> features(Path file) {
        Set<String> found = new TreeSet<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                String[] parts = line.split(":", 2);
                if (parts.length == 2 && List.of("flags", "Features").contains(parts[0].trim())) {
                    found.addAll(
                            List.of(parts[1].trim().toLowerCase(Locale.ROOT).split("\\s+")));
                    return found;
                }
            }
        } catch (IOException e) {
            return Set.of();
        }
        return found;
    }
}
