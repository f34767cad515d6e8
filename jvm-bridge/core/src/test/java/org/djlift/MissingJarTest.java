package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;

import org.djlift.support.OtherJvm;
import org.djlift.support.Tiny;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Without a jar that a model needs, the message says which one to add. */
class MissingJarTest {

    /** Run in a JVM that lacks a jar. */
    public static void main(String[] args) throws Exception {
        try (TokenClassifier classifier =
                TokenClassifier.builder(Tiny.FOLDER).intraOpThreads(1).build()) {
            System.out.println("entities " + classifier.classify(Tiny.texts()).size());
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "onnxruntime-[0-9].*, com.microsoft.onnxruntime:onnxruntime:",
        "tokenizers-[0-9].*, ai.djl.huggingface:tokenizers:",
        "api-[0-9].*, ai.djl:api:",
    })
    void itsCoordinatesAreNamed(String jar, String coordinates) throws Exception {
        List<String> all = Arrays.asList(System.getProperty("java.class.path").split(File.pathSeparator));
        List<String> others = all.stream()
                .filter(path -> !new File(path).getName().matches(jar))
                .collect(Collectors.toList());
        assertEquals(all.size() - 1, others.size());
        String output = OtherJvm.run(MissingJarTest.class, List.of("-cp", String.join(File.pathSeparator, others)));
        boolean djl = coordinates.startsWith("ai.djl");
        String version =
                djl ? Engine.getDjlVersion() : OrtEnvironment.getEnvironment().getVersion();
        assertTrue(output.contains("found none: add " + coordinates + version), output);
    }

    /** DJL's own engine is not needed: ONNX Runtime is used without it. */
    @Test
    void theEngineMayBeMissing() throws Exception {
        String others = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> !new File(path).getName().startsWith("onnxruntime-engine-"))
                .collect(Collectors.joining(File.pathSeparator));
        String output = OtherJvm.run(MissingJarTest.class, List.of("-cp", others));
        assertTrue(output.contains("entities " + Tiny.texts().size()), output);
    }
}
