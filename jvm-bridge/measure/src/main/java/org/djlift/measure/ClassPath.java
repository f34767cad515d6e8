package org.djlift.measure;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.base.FileHash;
import org.djlift.support.Tiny;
import org.djlift.tooling.Harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Run by the Gradle task {@code classPaths} with one class path after another: all must give the same. */
public final class ClassPath {

    private ClassPath() {}

    /**
     * @param args name of the class path; the file in which the first of them writes down its results; an engine that
     *     must work beside djlift, or after a minus one that must not start
     */
    public static void main(String[] args) throws Exception {
        List<String> entities = new ArrayList<>();
        List<String> scores = new ArrayList<>();
        String neighbour = args.length < 3 ? "" : args[2];
        if (neighbour.startsWith("-")) {
            mustNotStart(neighbour.substring(1));
        }
        Neighbour beside = neighbour.isEmpty() || neighbour.startsWith("-") ? null : new Neighbour(neighbour);
        classify(entities, scores);
        if (beside != null) {
            beside.close();
        }
        entitiesEqual(args[0], Path.of(args[1]), entities);
        byte[] digest = MessageDigest.getInstance("SHA-256")
                .digest(String.join("\n", scores).getBytes(StandardCharsets.UTF_8));
        System.out.printf(
                "%-22s self-test passed, %d entities equal, scores %s, engines %s, onnxruntime %s%n",
                args[0],
                entities.size(),
                FileHash.hex(digest).substring(0, 12),
                Engine.getAllEngines(),
                Harness.versions().get("onnxruntime"));
    }

    private static void classify(List<String> entities, List<String> scores) throws IOException {
        try (TokenClassifier classifier =
                TokenClassifier.builder(Tiny.FOLDER).selfTest(true).build()) {
            for (AggregationStrategy strategy : AggregationStrategy.values()) {
                for (List<Entity> found : classifier.classify(Tiny.texts(), Tiny.options(strategy))) {
                    found.forEach(e -> entities.add(strategy + " " + e.label() + " " + e.start() + "-" + e.end() + " "
                            + e.word().replace("\n", "\\n")));
                    found.forEach(e -> scores.add(Float.toString(e.score())));
                }
            }
        }
    }

    private static void entitiesEqual(String label, Path file, List<String> entities) throws IOException {
        if (Files.exists(file)) {
            List<String> expected = Files.readAllLines(file);
            if (!expected.equals(entities)) {
                throw new IllegalStateException(label + ": other entities than on the first class path");
            }
        } else {
            Files.createDirectories(file.getParent());
            Files.write(file, entities);
        }
    }

    private static void mustNotStart(String engine) {
        try {
            Engine.getEngine(engine);
        } catch (RuntimeException | LinkageError e) {
            return;
        }
        throw new IllegalStateException(engine + " starts, though its native library is not here");
    }

    /** Another engine at work in this process: its native library is loaded and computes while djlift classifies. */
    private static final class Neighbour {

        private final Engine engine;
        private final Thread thread = new Thread(this::work);
        private volatile boolean done;
        private volatile Throwable failure;
        private volatile int results;

        Neighbour(String name) throws InterruptedException {
            System.setProperty("ai.djl.offline", "true");
            engine = Engine.getEngine(name);
            // A failure here must not wait for it.
            thread.setDaemon(true);
            thread.start();
            while (results == 0 && thread.isAlive()) {
                Thread.sleep(1);
            }
        }

        private void work() {
            try (NDManager manager = engine.newBaseManager(Device.cpu())) {
                while (!done) {
                    try (NDManager own = manager.newSubManager();
                            NDArray logs = own.create(new float[] {0, (float) Math.log(3)});
                            NDArray softmax = logs.softmax(0)) {
                        float[] found = softmax.toFloatArray();
                        if (Math.abs(found[0] - 0.25f) > 1e-6f || Math.abs(found[1] - 0.75f) > 1e-6f) {
                            throw new IllegalStateException("expected 0.25, 0.75, found " + Arrays.toString(found));
                        }
                        results++;
                    }
                }
            } catch (RuntimeException | Error e) {
                failure = e;
            }
        }

        void close() throws InterruptedException {
            done = true;
            thread.join();
            if (failure != null || results < 2) {
                throw new IllegalStateException(engine + " does not work: " + results + " results", failure);
            }
            System.out.println(engine.getEngineName() + " " + engine.getVersion() + " worked beside it: " + results
                    + " times softmax");
        }
    }
}
