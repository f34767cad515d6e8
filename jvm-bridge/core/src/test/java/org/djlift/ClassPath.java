package org.djlift;

import ai.djl.engine.Engine;

import org.djlift.internal.Harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/** Run by the Gradle task {@code classPaths} with one class path after another: all must give the same. */
public final class ClassPath {

    private ClassPath() {}

    /** @param args name of the class path, and the file in which the first of them writes down its results */
    public static void main(String[] args) throws IOException, NoSuchAlgorithmException {
        List<String> entities = new ArrayList<>();
        List<String> scores = new ArrayList<>();
        try (TokenClassifier classifier = TokenClassifier.builder(Tiny.FOLDER).selfTest(true).build()) {
            for (AggregationStrategy strategy : AggregationStrategy.values()) {
                for (List<Entity> found : classifier.classify(Tiny.texts(), strategy)) {
                    found.forEach(e -> entities.add(strategy + " " + e.label() + " " + e.start() + "-" + e.end() + " "
                            + e.word().replace("\n", "\\n")));
                    found.forEach(e -> scores.add(Float.toString(e.score())));
                }
            }
        }
        Path file = Path.of(args[1]);
        if (Files.exists(file)) {
            List<String> expected = Files.readAllLines(file);
            if (!expected.equals(entities)) {
                throw new IllegalStateException(args[0] + ": other entities than on the first class path");
            }
        } else {
            Files.createDirectories(file.getParent());
            Files.write(file, entities);
        }
        byte[] digest = MessageDigest.getInstance("SHA-256")
                .digest(String.join("\n", scores).getBytes(StandardCharsets.UTF_8));
        System.out.printf(
                "%-22s self-test passed, %d entities equal, scores %s, engines %s, onnxruntime %s%n",
                args[0],
                entities.size(),
                Archive.hex(digest).substring(0, 12),
                Engine.getAllEngines(),
                Harness.versions().get("onnxruntime"));
    }
}
