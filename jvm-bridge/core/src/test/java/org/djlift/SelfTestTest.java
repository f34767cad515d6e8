package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.archive.Refusal;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.SelfTest;
import org.djlift.internal.base.FileHash;
import org.djlift.support.Tiny;
import org.djlift.support.Zips;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
        precision(precision, "null");
        assertTrue(selfTest().passed());
    }

    /** Logits are moved by 0.5, of a range of about 9: far over what fp16 may differ. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fp32 | null                                                 | false",
                "fp16 | null                                                 | false",
                "int8 | null                                                 | true",
                "int8 | {}                                                   | true",
                "int8 | {'levels': [{'name': 'logits', 'figures': {}}]}      | true",
                "int8 | {'levels': [{'name': 'logits', 'figures': {'max_abs': null, 'rms': null}}]}  | true",
                "int8 | {'levels': [{'name': 'outputs', 'figures': {'max_abs': 0.01, 'rms': 0.01}}]} | true",
                "int8 | {'levels': [{'name': 'logits', 'figures': {'max_abs': 0.3, 'rms': 0.3}}]}    | true",
                "int8 | {'levels': [{'name': 'logits', 'figures': {'max_abs': 0.24, 'rms': 0.3}}]}   | false",
                "int8 | {'levels': [{'name': 'logits', 'figures': {'max_abs': 0.3, 'rms': 0.24}}]}   | false",
                "int8 | {'levels': [{'name': 'logits', 'figures': {'max_abs': 0, 'rms': 0}}]}        | false",
            })
    void int8IsHeldToWhatTheBuildMeasured(String precision, String parity, boolean passes) throws Exception {
        precision(precision, parity.replace('\'', '"'));
        changeLogits(value -> value + 0.5f);
        SelfTest.Level logits = selfTest().levels().get(1);
        assertEquals("logits", logits.name());
        assertEquals(passes, logits.passed(), logits.toString());
        assertTrue(logits.toString().contains("largest difference 0.50"), logits.toString());
        assertTrue(logits.toString().contains("rms 0.50"), logits.toString());
    }

    @Test
    void aLogitThatIsNoNumberIsNeverWellNotEvenInInt8() throws Exception {
        precision("int8", "null");
        changeLogits(value -> Float.NaN);
        ArchiveException e = assertThrows(ArchiveException.class, this::selfTest);
        assertEquals(Refusal.GOLDEN, e.refusal());
    }

    /** Tokens and the decoder do not depend on the precision of the graph; its own entities are what int8 reports. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"ids\":[2,244 | \"ids\":[2,245 | tokens",
                "\"word\":\"A    | \"word\":\"B    | decoding",
            })
    void tokensAndDecoderAreExactInInt8(String from, String to, String level) throws Exception {
        precision("int8", "null");
        change("golden/cases.jsonl", text -> text.replace(from, to));
        SelfTest result = selfTest();
        assertFalse(result.passed());
        for (SelfTest.Level one : result.levels()) {
            assertEquals(one.name().equals("entities"), one.isReportedOnly());
            assertEquals(!one.name().equals(level), one.passed(), result.toString());
        }
        SelfTest.Level entities = result.levels().get(3);
        assertEquals(level.equals("decoding"), entities.divergences() > 0, result.toString());
        assertTrue(entities.toString().endsWith("(reported only)"), entities.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tokens   | \"ids\":[2,244          | \"ids\":[2,245",
                "tokens   | \"offsets\":[[0,0],[0,3 | \"offsets\":[[0,0],[0,4",
                "tokens   | \"special\":[1,0        | \"special\":[1,1",
                "decoding | \"word\":\"A            | \"word\":\"B",
                "decoding | {\"none\":[{\"label\":\"  | {\"none\":[{\"label\":\"X",
            })
    void theFirstDivergenceIsDescribed(String level, String from, String to) throws Exception {
        altered("golden/cases.jsonl", text -> text.replaceFirst(Pattern.quote(from), Matcher.quoteReplacement(to)));
        try (Archive archive = Archive.open(folder)) {
            SelfTest result = archive.selfTest();
            assertFalse(result.passed());
            SelfTest.Level first = result.levels().stream()
                    .filter(l -> l.divergences() > 0)
                    .findFirst()
                    .orElseThrow();
            assertEquals(level, first.name());
            assertEquals(1, first.divergences(), result.toString());
            assertTrue(result.firstDivergence().startsWith("t-000 (plain"), result.firstDivergence());
            assertTrue(result.firstDivergence().contains("expected"), result.firstDivergence());
        }
        ArchiveException e = assertThrows(
                ArchiveException.class,
                () -> TokenClassifier.builder(folder).selfTest(true).build());
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
        ArchiveException cases = assertThrows(ArchiveException.class, () -> Archive.open(folder));
        assertEquals(Refusal.GOLDEN, cases.refusal());
        assertTrue(cases.file().endsWith("golden/cases.jsonl"), cases.file());
        Files.write(folder.resolve("golden/logits.safetensors"), new byte[] {1, 2, 3});
        seal();
        ArchiveException logits = assertThrows(ArchiveException.class, () -> Archive.open(folder));
        assertEquals(Refusal.GOLDEN, logits.refusal());
        assertTrue(logits.file().endsWith("golden/logits.safetensors"), logits.file());
    }

    private SelfTest selfTest() throws IOException {
        try (Archive archive = Archive.open(folder)) {
            return archive.selfTest();
        }
    }

    /** A copy that says it is of another precision, and what its build's proof measured. */
    private void precision(String precision, String parity) throws Exception {
        altered("djlift.json", text -> text.replace("\"fp32\"", "\"" + precision + "\"")
                .replace("\"parity\": null", "\"parity\": " + parity + (parity.equals("null") ? " " : "")));
    }

    private void changeLogits(UnaryOperator<Float> change) throws Exception {
        Path file = folder.resolve("golden/logits.safetensors");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = Long.BYTES + (int) bytes.getLong(0); at < bytes.capacity(); at += Float.BYTES) {
            bytes.putFloat(at, change.apply(bytes.getFloat(at)));
        }
        Files.write(file, bytes.array());
        seal();
    }

    private void altered(String name, UnaryOperator<String> change) throws Exception {
        copy();
        change(name, change);
    }

    private void change(String name, UnaryOperator<String> change) throws Exception {
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
        for (String name : Manifest.parse(text.getBytes(StandardCharsets.UTF_8), "")
                .files()
                .keySet()) {
            byte[] bytes = Files.readAllBytes(folder.resolve(name));
            String entry =
                    "(\"" + Pattern.quote(name) + "\": \\{\\s*\"sha256\": \")" + "[0-9a-f]{64}(\",\\s*\"size\": )\\d+";
            text = text.replaceFirst(entry, "$1" + sha256(bytes) + "$2" + bytes.length);
        }
        Files.write(file, Zips.sealed(text));
    }

    private static String sha256(byte[] bytes) throws Exception {
        return FileHash.hex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    /** The golden cases name what they were run with; a model may have been loaded with something else. */
    @Test
    void theOptionsOfAModelAreNotThoseOfItsProof() throws IOException {
        for (EntityOptions options : List.of(
                EntityOptions.defaults().stride(8),
                EntityOptions.defaults().aggregationStrategy(AggregationStrategy.NONE),
                EntityOptions.defaults().ignoreLabels(List.of("O", "PER")))) {
            TokenClassifier.builder(Tiny.FOLDER)
                    .options(options)
                    .selfTest(true)
                    .build()
                    .close();
        }
    }

    /** The proof is of the archive; what a program allows its own inputs is no part of it. */
    @Test
    void theLimitOfAModelsInputsIsNotThatOfItsProof() throws IOException {
        try (TokenClassifier ner = TokenClassifier.builder(Tiny.FOLDER)
                .maxCharacters(5)
                .selfTest(true)
                .build()) {
            assertThrows(TextException.class, () -> ner.classify("Ada met Tom."));
        }
    }

    @Test
    void aGoldenTextThatDoesNotRunIsAFailureOfTheArchive() throws Exception {
        Path poisoned = Tiny.withPoison(folder);
        assertThrows(
                ArchiveException.class,
                () -> TokenClassifier.builder(poisoned).selfTest(true).build());
        try (Archive archive = Archive.open(poisoned)) {
            assertThrows(ArchiveException.class, archive::selfTest);
        }
    }
}
