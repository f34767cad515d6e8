package org.djlift.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;

import org.djlift.TokenClassifier;
import org.djlift.support.OtherJvm;
import org.djlift.support.Server;
import org.djlift.support.StderrLog;
import org.djlift.support.TinyZoo;
import org.djlift.support.WithZoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** JVMs that share one cache, at once and one after the other. */
class ZooProcessesTest extends WithZoo {

    private static final int JVMS = 4;
    private static final String ZIP = "/1.1/tiny-1.1-fp32.zip";
    private static final String TEXT = "Ada Lovelace met Charles Babbage in London.";

    /** Run in a JVM of its own: prints how many entities a model has found, loaded by djlift or by plain DJL. */
    public static void main(String[] args) throws Exception {
        if (args[0].equals("djl")) {
            Criteria<String, NamedEntity[]> criteria = Criteria.builder()
                    .setTypes(String.class, NamedEntity[].class)
                    .optModelUrls(args[1])
                    .build();
            try (ZooModel<String, NamedEntity[]> model = criteria.loadModel();
                    var predictor = model.newPredictor()) {
                System.out.println("found " + predictor.predict(TEXT).length);
            }
        } else {
            try (TokenClassifier classifier = TokenClassifier.load(args[1])) {
                System.out.println("found " + classifier.classify(TEXT).size());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"djlift", "djl"})
    void manyAtOnceWithAnEmptyCacheDownloadOnce(String door) throws Exception {
        try (Server server = new Server(zoo.top())) {
            List<String> said = atOnce(JVMS, door, server.address(), TinyZoo.MODEL);
            for (String one : said) {
                assertEquals(said.get(0), one);
                assertTrue(one.matches("(?s)found [1-9][0-9]*\\R"), one);
            }
            assertEquals(1, server.requests(ZIP), server.seen().toString());
        }
        // The server is gone; what newest means is then what the cache holds.
        assertTrue(atOnce(1, door, "http://127.0.0.1:1/", TinyZoo.MODEL).get(0).contains("127.0.0.1:1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"djlift", "djl"})
    void aWarmCacheStartsWithoutAServer(String door) throws Exception {
        String address;
        String before;
        try (Server server = new Server(zoo.top())) {
            address = server.address();
            before = atOnce(1, door, address, TinyZoo.MODEL + "/1.1").get(0);
            assertTrue(before.startsWith("found "), before);
        }
        assertEquals(before, atOnce(1, door, address, TinyZoo.MODEL + "/1.1").get(0));
        String newest =
                atOnce(1, door, address, TinyZoo.MODEL, StderrLog.OPTION).get(0);
        assertTrue(newest.contains("is taken from the cache, where it is the newest that fits"), newest);
        assertTrue(newest.contains(before), newest);
    }

    @Test
    void aYankedVersionIsWarnedOf() throws Exception {
        zoo.yank("1.0");
        String said = atOnce(1, "djlift", zoo.top().toString(), TinyZoo.MODEL + "/1.0", StderrLog.OPTION)
                .get(0);
        assertTrue(said.contains("WARN org.djlift.zoo.Zoo") && said.contains("is yanked"), said);
        said = atOnce(1, "djlift", zoo.top().toString(), TinyZoo.MODEL + "/1.1", StderrLog.OPTION)
                .get(0);
        assertFalse(said.contains("yanked"), said);
    }

    @Test
    void aJvmThatIsKilledAmidADownloadHindersNobody() throws Exception {
        try (Server server = new Server(zoo.top())) {
            server.plant(ZIP, exchange -> {
                exchange.sendResponseHeaders(200, 186964);
                exchange.getResponseBody().write(new byte[1000]);
                exchange.getResponseBody().flush();
                Server.silence().answer(exchange);
            });
            Process process = new ProcessBuilder(command("djlift", server.address(), TinyZoo.MODEL)).start();
            while (server.requests(ZIP) == 0 && process.isAlive()) {
                Thread.sleep(10);
            }
            assertTrue(process.isAlive());
            process.destroyForcibly().waitFor();
            assertTrue(
                    atOnce(1, "djlift", server.address(), TinyZoo.MODEL).get(0).startsWith("found "));
            assertEquals(List.of("metadata.json", "tiny-1.1-fp32.zip"), cached());
        }
    }

    private List<String> atOnce(int count, String door, String address, String coordinates, String... options)
            throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(count);
        try {
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(pool.submit(() -> said(command(door, address, coordinates, options))));
            }
            List<String> said = new ArrayList<>();
            for (Future<String> one : all) {
                said.add(one.get());
            }
            return said;
        } finally {
            pool.shutdownNow();
        }
    }

    private static String said(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes()).replaceAll("(?m)^WARNING: .*\\R?", "");
    }

    private List<String> command(String door, String address, String coordinates, String... options) {
        List<String> command = new ArrayList<>(OtherJvm.java());
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
        for (String key : List.of("djlift.cache", "DJL_CACHE_DIR", "ENGINE_CACHE_DIR")) {
            command.add("-D" + key + "=" + System.getProperty(key));
        }
        command.add("-Ddjlift.zoo=" + address);
        command.addAll(List.of(options));
        command.addAll(List.of(ZooProcessesTest.class.getName(), door, coordinates));
        return command;
    }
}
