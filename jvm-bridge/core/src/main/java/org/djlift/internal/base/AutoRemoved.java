package org.djlift.internal.base;

import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A temporary folder that goes when it is closed, or with the JVM if nobody does. Not by {@code deleteOnExit}, which
 * remembers every path for as long as the JVM lives.
 */
public final class AutoRemoved implements AutoCloseable {

    private final Path path;
    private final Thread atExit;

    private AutoRemoved(Path path) {
        this.path = path;
        this.atExit = new Thread(() -> remove(path), "djlift-remove-" + path.getFileName());
    }

    public static AutoRemoved folder(String prefix) throws IOException {
        AutoRemoved folder = new AutoRemoved(Files.createTempDirectory(prefix));
        try {
            Runtime.getRuntime().addShutdownHook(folder.atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending already: close alone will have to do.
        }
        return folder;
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        remove(path);
        if (Files.exists(path)) {
            // Windows keeps what is open: once more at the end.
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending: the hook finds nothing more to do.
        }
    }

    private static void remove(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).collect(Collectors.toList())) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            LoggerFactory.getLogger(AutoRemoved.class).warn("{} could not be removed: {}", folder, e.toString());
        }
    }
}
