package org.djlift.support;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.Archive;
import org.djlift.zoo.ZooException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tests with a zoo and a cache of their own, and settings that go with the test. */
public abstract class WithZoo {

    private final Map<String, String> before = new HashMap<>();

    @TempDir
    protected Path top;

    protected TinyZoo zoo;
    protected Path cache;

    @BeforeEach
    void zooAndCache() throws IOException {
        zoo = new TinyZoo(top.resolve("zoo"));
        cache = top.resolve("cache");
        set("djlift.cache", cache.toString());
        set("djlift.zoo", zoo.top().toString());
        set("DJL_CACHE_DIR", top.resolve("djl").toString());
        set("ENGINE_CACHE_DIR", ai.djl.util.Utils.getEngineCacheDir().toString());
    }

    @AfterEach
    void settingsAsBefore() {
        before.forEach((key, value) -> restore(key, value));
    }

    protected final void set(String key, String value) {
        // Not putIfAbsent, which takes a null that was remembered for nothing.
        if (!before.containsKey(key)) {
            before.put(key, System.getProperty(key));
        }
        restore(key, value);
    }

    /** Tells DJL to stay off the network, as a user would, or no longer. */
    protected final void offline(boolean off) {
        set("djlift.offline.by.default", null);
        set("ai.djl.offline", off ? "true" : null);
    }

    private static void restore(String key, String value) {
        if (value == null) {
            System.clearProperty(key);
        } else {
            System.setProperty(key, value);
        }
    }

    /** The version and the precision that coordinates give, from an archive that was checked. */
    protected static String loaded(String coordinates) throws IOException {
        try (Archive archive = Archive.open(coordinates)) {
            return archive.manifest().version() + " " + archive.manifest().precision();
        }
    }

    /** What refuses, with the words that its message must have. */
    protected static ZooException refused(ZooException.Reason reason, Executable call, String... words) {
        ZooException e = assertThrows(ZooException.class, call);
        assertEquals(reason, e.reason(), e.getMessage());
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), e.getMessage());
        }
        assertTrue(e.getMessage().contains(e.expected()) && e.getMessage().endsWith(e.mend()), e.getMessage());
        return e;
    }

    /** The files of the cache but its locks, by their names. */
    protected final List<String> cached() throws IOException {
        if (!Files.exists(cache)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(cache)) {
            return walk.filter(Files::isRegularFile)
                    .map(p -> p.getFileName().toString())
                    .filter(n -> !n.endsWith(".lock"))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }

    /** The one file of the cache of a name. */
    protected final Path cached(String name) throws IOException {
        try (Stream<Path> walk = Files.walk(cache)) {
            List<Path> found = walk.filter(p -> p.endsWith(name)).collect(Collectors.toList());
            assertEquals(1, found.size(), found.toString());
            return found.get(0);
        }
    }
}
