package org.djlift.internal.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.TokenClassifier;
import org.djlift.support.OtherJvm;
import org.djlift.support.Tiny;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The property by which DJL is offline is the user's: djlift sets it for no longer than it loads. */
class OfflineTest {

    private static final String OFFLINE = "ai.djl.offline";

    private String before;

    @BeforeEach
    void unset() {
        before = System.clearProperty(OFFLINE);
    }

    @AfterEach
    void restore() {
        System.clearProperty(OFFLINE);
        if (before != null) {
            System.setProperty(OFFLINE, before);
        }
    }

    /** Run in a JVM of its own, in which nothing is loaded yet. */
    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        List<Future<Integer>> found = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            found.add(pool.submit(() -> {
                try (TokenClassifier classifier = TokenClassifier.load(Tiny.FOLDER)) {
                    return classifier.classify(Tiny.texts()).size();
                }
            }));
        }
        for (Future<Integer> one : found) {
            one.get();
        }
        pool.shutdown();
        System.out.println("offline " + System.getProperty(OFFLINE) + " " + Offline.is());
        System.out.println("tracking off " + System.getProperty("OPT_OUT_TRACKING"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "false", "true"})
    void thePropertyIsAsItWasOnceAModelIsLoaded(String set) throws Exception {
        List<String> options = set.equals("null") ? List.of() : List.of("-D" + OFFLINE + "=" + set);
        String output = OtherJvm.run(OfflineTest.class, options);
        assertTrue(output.contains("offline " + set + " " + set.equals("true")), output);
        assertTrue(output.contains("tracking off true"), output);
    }

    @Test
    void djlIsOfflineWhileDjliftLoadsAndNobodyWantsItSo() {
        Offline.whileLoading(() -> {
            assertEquals("true", System.getProperty(OFFLINE));
            assertFalse(Offline.is());
            return null;
        });
        assertNull(System.getProperty(OFFLINE));
        assertThrows(
                IllegalStateException.class,
                () -> Offline.whileLoading(() -> {
                    throw new IllegalStateException();
                }));
        assertNull(System.getProperty(OFFLINE));
    }

    @Test
    void whatTheUserSetsMeanwhileStays() {
        Offline.whileLoading(() -> {
            System.setProperty(OFFLINE, new String("true"));
            return null;
        });
        assertEquals("true", System.clearProperty(OFFLINE));
        Offline.whileLoading(() -> {
            System.setProperty(OFFLINE, "false");
            return null;
        });
        assertEquals("false", System.getProperty(OFFLINE));
        Offline.whileLoading(() -> {
            assertEquals("false", System.getProperty(OFFLINE));
            System.setProperty(OFFLINE, new String("true"));
            assertTrue(Offline.is());
            return null;
        });
        assertEquals("true", System.getProperty(OFFLINE));
    }
}
