package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An archive proves itself on the JVM that runs it, or says where it first diverges. */
class SelfTestTest {

    @TempDir
    private Path folder;

    @Test
    void theTinyArchiveGivesWhatPyTorchGave() throws IOException {
        try (Archive archive = Archive.open(Tiny.FOLDER)) {
            SelfTest result = archive.selfTest();
            assertTrue(result.passed(), result.toString());
            assertEquals("", result.firstDivergence());
            assertEquals(Tiny.cases().size(), result.texts());
            result.levels().forEach(level -> assertTrue(level.compared() > 0, level.toString()));
        }
    }

    @Test
    void aClassifierCanBeProvenAsItIsLoaded() throws IOException {
        TokenClassifier.builder(Tiny.FOLDER).selfTest(true).build().close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp16", "int8"})
    void otherPrecisionsHaveTheirOwnTolerance(String precision) throws Exception {
        altered("djlift.json", text -> text.replace("\"fp32\"", "\"" + precision + "\""));
        try (Archive archive = Archive.open(folder)) {
            assertTrue(archive.selfTest().passed());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "tokens   | \"ids\":[2,             | \"ids\":[2,9",
        "tokens   | \"offsets\":[[0,0],[0,  | \"offsets\":[[0,0],[0,9",
        "tokens   | \"special\":[1,0        | \"special\":[1,1",
        "decoding | \"word\":\"A            | \"word\":\"B",
        "decoding | {\"none\":[{\"label\":\"  | {\"none\":[{\"label\":\"X",
    })
    void theFirstDivergenceIsDescribed(String level, String from, String to) throws Exception {
        altered("golden/cases.jsonl", text -> text.replaceFirst(Pattern.quote(from), Matcher.quoteReplacement(to)));
        try (Archive archive = Archive.open(folder)) {
            SelfTest result = archive.selfTest();
            assertFalse(result.passed());
            SelfTest.Level first = result.levels().stream().filter(l -> l.divergences() > 0).findFirst().orElseThrow();
            assertEquals(level, first.name());
            assertEquals(1, first.divergences(), result.toString());
            assertTrue(result.firstDivergence().startsWith("t-000 (plain"), result.firstDivergence());
            assertTrue(result.firstDivergence().contains("expected"), result.firstDivergence());
        }
        ArchiveException e = assertThrows(
                ArchiveException.class, () -> TokenClassifier.builder(folder).selfTest(true).build());
        assertTrue(e.getMessage().contains("t-000"), e.getMessage());
    }

    @Test
    void logitsOutsideTheToleranceAreFound() throws Exception {
        copy();
        Path file = folder.resolve("golden/logits.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 0x40;
        Files.write(file, bytes);
        seal();
        try (Archive archive = Archive.open(folder)) {
            SelfTest.Level logits = archive.selfTest().levels().get(1);
            assertEquals("logits", logits.name());
            assertEquals(1, logits.divergences());
        }
    }

    @Test
    void goldenFilesThatCannotBeReadAreNamed() throws Exception {
        altered("golden/cases.jsonl", text -> "[]\n" + text);
        try (Archive archive = Archive.open(folder)) {
            ArchiveException e = assertThrows(ArchiveException.class, archive::selfTest);
            assertTrue(e.getMessage().contains("cases.jsonl"), e.getMessage());
        }
        Files.write(folder.resolve("golden/logits.safetensors"), new byte[] {1, 2, 3});
        seal();
        try (Archive archive = Archive.open(folder)) {
            IOException e = assertThrows(IOException.class, archive::selfTest);
            assertTrue(e.getMessage().contains("logits.safetensors"), e.getMessage());
        }
    }

    private void altered(String name, UnaryOperator<String> change) throws Exception {
        copy();
        Path file = folder.resolve(name);
        String text = Files.readString(file);
        String other = change.apply(text);
        assertFalse(text.equals(other), "nothing was altered");
        Files.writeString(file, other);
        seal();
    }

    private void copy() throws IOException {
        try (Stream<Path> walk = Files.walk(Tiny.FOLDER)) {
            List<Path> files = walk.filter(Files::isRegularFile).collect(Collectors.toList());
            for (Path file : files) {
                Path target = folder.resolve(Tiny.FOLDER.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    /** Makes the manifest agree with the files again. */
    private void seal() throws Exception {
        Path file = folder.resolve(Manifest.FILE);
        String text = Files.readString(file);
        for (String name : Manifest.parse(text.getBytes(StandardCharsets.UTF_8), "").files().keySet()) {
            byte[] bytes = Files.readAllBytes(folder.resolve(name));
            String entry = "(\"" + Pattern.quote(name) + "\": \\{\\s*\"sha256\": \")"
                    + "[0-9a-f]{64}(\",\\s*\"size\": )\\d+";
            text = text.replaceFirst(entry, "$1" + sha256(bytes) + "$2" + bytes.length);
        }
        text = text.replaceFirst("(\"digest\": \")[0-9a-f]{64}", "$1" + "0".repeat(64));
        String digest = sha256(text.getBytes(StandardCharsets.UTF_8));
        Files.writeString(file, text.replaceFirst("(\"digest\": \")0{64}", "$1" + digest));
    }

    private static String sha256(byte[] bytes) throws Exception {
        return Archive.hex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
