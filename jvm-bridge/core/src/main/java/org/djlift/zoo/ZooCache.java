package org.djlift.zoo;

import org.djlift.internal.base.FileHash;
import org.djlift.internal.base.PartialFile;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The folder in which all JVMs of a user keep what came from zoos.
 *
 * <p>A file appears in it under its name only when it is whole, by a rename. Whoever writes holds a lock of the file
 * system, which goes with the process. Nothing in it is believed: readers check what they find, every time.
 */
final class ZooCache {

    private static final long PAUSE = 20;
    private static final String MEND =
            "set " + ZooSettings.named(ZooSettings.CACHE) + " to a folder that can be written";

    private final Path top;

    ZooCache() throws ZooException {
        this.top = ZooSettings.cache().resolve("zoo");
    }

    /** The folder that mirrors a zoo. */
    Path mirror(String address) {
        return top.resolve(
                FileHash.sha256(address.getBytes(StandardCharsets.UTF_8)).substring(0, 16));
    }

    /** The folder for the files of the zip with a SHA-256; it may not exist yet. */
    Path unpacked(String sha256) {
        return top.resolve("unpacked").resolve(sha256);
    }

    /** Does what no other thread or process does at the same time for this target. */
    void alone(Path target, Work work) throws IOException {
        Path file = target.resolveSibling(target.getFileName() + ".lock");
        try {
            Files.createDirectories(target.getParent());
        } catch (IOException e) {
            throw unwritable(target, e);
        }
        // One channel of this JVM at a time: closing another one of the same file would end the lock on some systems.
        // The name is interned, so it is the same object for all class loaders.
        synchronized (("djlift holds " + file).intern()) {
            try (FileChannel channel = opened(file)) {
                FileLock lock = locked(channel, file);
                try {
                    work.run();
                } finally {
                    lock.release();
                }
            }
        }
    }

    /** Puts a file under its name, whatever is there; only within {@link #alone}, or for small files. */
    static void put(Path partial, Path target) throws IOException {
        try {
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw unwritable(target, e);
        }
    }

    /** Writes a small file so that it is there whole, or as it was. */
    static void put(byte[] bytes, Path target) throws IOException {
        Path partial = null;
        try {
            Files.createDirectories(target.getParent());
            partial = PartialFile.beside(target);
            Files.write(partial, bytes);
            put(partial, target);
        } catch (IOException e) {
            throw unwritable(target, e);
        } finally {
            if (partial != null) {
                Files.deleteIfExists(partial);
            }
        }
    }

    /** The name under which the holder of the lock writes; what another left there is gone. */
    static Path partial(Path target) throws IOException {
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        remove(partial);
        return partial;
    }

    static void remove(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Path> all;
        // A walk does not follow links.
        try (Stream<Path> walk = Files.walk(path)) {
            all = walk.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
        } catch (UncheckedIOException e) {
            throw unwritable(path, e.getCause());
        }
        for (Path one : all) {
            Files.deleteIfExists(one);
        }
    }

    private static FileChannel opened(Path file) throws ZooException {
        try {
            return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static FileLock locked(FileChannel channel, Path file) throws IOException {
        while (true) {
            try {
                FileLock lock = channel.tryLock();
                if (lock != null) {
                    return lock;
                }
            } catch (OverlappingFileLockException e) {
                // Somebody else in this JVM has it.
            } catch (IOException e) {
                throw unwritable(file, e);
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while another downloads " + file);
            }
        }
    }

    private static ZooException unwritable(Path file, @Nullable IOException e) {
        if (e instanceof ZooException) {
            return (ZooException) e;
        }
        return new ZooException(
                ZooException.Reason.REFUSED,
                file.toString(),
                "a cache that can be written and locked",
                String.valueOf(e),
                MEND,
                e);
    }

    /** What is done alone. */
    interface Work {
        void run() throws IOException;
    }
}
