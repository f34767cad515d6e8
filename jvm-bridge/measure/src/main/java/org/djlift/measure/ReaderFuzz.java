package org.djlift.measure;

import org.djlift.Archive;
import org.djlift.archive.ArchiveException;
import org.djlift.internal.base.StrictJson;
import org.djlift.internal.reader.Contents;
import org.djlift.internal.reader.GoldenForm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What Jazzer runs ({@code gradle :measure:fuzz}): any input is read, or refused by an ArchiveException, and nothing is
 * left behind. The first byte chooses what the input is, as in tools/fuzzing/seeds.py.
 *
 * <p>The property {@code room} is a folder of its own: the folder for temporary files, {@code private}, and {@code
 * whole}, the files of a valid archive, stand there.
 */
public final class ReaderFuzz {

    private static final String[] TARGETS = {
        "zip",
        "djlift.json",
        "model.onnx",
        "serving.properties",
        "config.json",
        "tokenizer.json",
        "golden/cases.jsonl",
        "golden/logits.safetensors",
        "golden/padding.json"
    };
    private static final Path ROOM = Path.of(System.getProperty("room"));
    private static final Path WHOLE = ROOM.resolve("whole");
    private static final Path ZIPPED = ROOM.resolve("input.zip");
    private static final Set<String> ALLOWED = Set.of("private", "whole", "seeds", "corpus", "input.zip", "findings");
    private static final Path PRIVATE = ROOM.resolve("private");
    /** Jazzer's own files. */
    private static final Set<String> BEFORE = before();

    private static final int LABELS = 5;
    private static final int VOCABULARY = 103;

    private ReaderFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        String target = TARGETS[(input[0] & 0xFF) % TARGETS.length];
        byte[] data = Arrays.copyOfRange(input, 1, input.length);
        try {
            read(target, data);
        } catch (ArchiveException e) {
            if (e.refusal() == null || e.file() == null) {
                throw new IllegalStateException("a refusal without a reason or a file", e);
            }
        }
        Set<String> found = new TreeSet<>(names(ROOM));
        found.removeAll(ALLOWED);
        found.addAll(names(PRIVATE));
        found.removeAll(BEFORE);
        if (!found.isEmpty()) {
            throw new IllegalStateException("files were left behind: " + found);
        }
    }

    private static void read(String target, byte[] data) throws IOException {
        switch (target) {
            case "zip":
                Files.write(ZIPPED, data);
                try (Archive archive = Archive.open(ZIPPED)) {
                    archive.manifest();
                }
                break;
            case "djlift.json":
                try {
                    StrictJson.parse(data);
                } catch (IllegalArgumentException e) {
                    // As documented.
                }
                break;
            case "golden/logits.safetensors":
                GoldenForm.checkTensors(data, target);
                break;
            default:
                replaced(target, data);
                break;
        }
    }

    private static void replaced(String target, byte[] data) throws IOException {
        Path file = WHOLE.resolve(target);
        byte[] valid = Files.readAllBytes(file);
        try {
            Files.write(file, data);
            if (target.startsWith("golden/")) {
                GoldenForm.check(WHOLE.resolve("golden"), VOCABULARY, LABELS, "archive");
            } else {
                Contents.check(WHOLE, "archive");
            }
        } finally {
            Files.write(file, valid);
        }
    }

    private static Set<String> before() {
        try {
            return names(PRIVATE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(p -> p.getFileName().toString()).collect(Collectors.toSet());
        }
    }
}
