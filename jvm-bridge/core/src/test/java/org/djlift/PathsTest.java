package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;

import org.djlift.support.OtherJvm;
import org.djlift.support.Tiny;
import org.djlift.support.Zips;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where an archive lies changes nothing: spaces, accents, emoji. */
class PathsTest {

    private static final String EMOJI = "mod\u00E8le \uD83C\uDF89";

    /** Run by {@link #aTemporaryFolderMayHaveAnEmoji} in a JVM of its own: prints what a zip gives there. */
    public static void main(String[] args) throws IOException {
        if (args.length > 1) {
            // Another's environment, so that the session is made without DJL.
            OrtEnvironment.getEnvironment("somebody-else");
        }
        try (TokenClassifier classifier = TokenClassifier.load(Path.of(args[0]))) {
            System.out.println("in " + classifier.directory() + " " + classifier.classify(Tiny.texts()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"with space", "accent\u00E9\u00FC", "\u65E5\u672C\u8A9E", EMOJI, "a%20b#c"})
    void aFolderMayHaveAnyName(String name, @TempDir Path top) throws IOException {
        Path folder = copied(top, name);
        try (TokenClassifier there =
                        TokenClassifier.builder(folder).selfTest(true).build();
                TokenClassifier here = TokenClassifier.load(Tiny.FOLDER)) {
            assertEquals(here.classify(Tiny.texts()), there.classify(Tiny.texts()));
        }
    }

    @Test
    void weightsBesideTheGraphAreRefusedThereInAClearSentence(@TempDir Path top) throws IOException {
        Path folder = copied(top, EMOJI);
        Files.write(folder.resolve("model.onnx.data"), new byte[] {1});
        IOException e =
                assertThrows(IOException.class, () -> OtherJvm.graph(folder).close());
        assertTrue(
                e.getMessage().contains("without emoji") && e.getMessage().contains("move the folder"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"djl", "without djl"})
    void aTemporaryFolderMayHaveAnEmoji(String way, @TempDir Path top) throws Exception {
        Path temporary = Files.createDirectory(named(top, EMOJI));
        Path zip = Zips.write(top.resolve("tiny.zip"), Tiny.files());
        String output = way.equals("djl")
                ? OtherJvm.run(PathsTest.class, List.of("-Djava.io.tmpdir=" + temporary), zip.toString())
                : OtherJvm.run(PathsTest.class, List.of("-Djava.io.tmpdir=" + temporary), zip.toString(), "direct");
        try (TokenClassifier here = TokenClassifier.load(Tiny.FOLDER)) {
            assertTrue(output.contains("in " + temporary), output);
            assertTrue(output.contains(here.classify(Tiny.texts()).toString()), output);
        }
        try (Stream<Path> left = Files.list(temporary)) {
            assertEquals(
                    List.of(),
                    left.map(p -> p.getFileName().toString())
                            .filter(n -> n.startsWith("djlift-"))
                            .collect(Collectors.toList()));
        }
    }

    private static Path copied(Path top, String name) throws IOException {
        Path folder = named(top, name);
        for (Map.Entry<String, byte[]> file : Tiny.files().entrySet()) {
            Path target = folder.resolve(file.getKey());
            Files.createDirectories(target.getParent());
            Files.write(target, file.getValue());
        }
        return folder;
    }

    /** A JVM in a locale without UTF-8 cannot even name such a folder. */
    private static Path named(Path top, String name) {
        try {
            return top.resolve(name);
        } catch (InvalidPathException e) {
            assumeTrue(false, "the JVM's locale has no '" + name + "'; run with LC_ALL=C.UTF-8");
            throw e;
        }
    }
}
