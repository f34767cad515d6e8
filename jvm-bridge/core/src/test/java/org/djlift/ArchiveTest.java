package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.archive.ArchiveException;
import org.djlift.support.Tiny;
import org.djlift.support.TooDeep;
import org.djlift.support.Zips;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An archive is used whole and unaltered, or refused with the file, what was expected and what was found. */
class ArchiveTest {

    @TempDir
    private Path folder;

    private Map<String, byte[]> files;

    @BeforeEach
    void read() throws IOException {
        files = Tiny.files();
    }

    @Test
    void aZipIsUnpackedForAsLongAsItIsOpen() throws IOException {
        Path directory;
        try (Archive archive = Archive.open(zip())) {
            directory = archive.directory();
            assertEquals("tiny", archive.manifest().name());
            assertEquals("1.0", archive.manifest().version());
            assertEquals("org.djlift.test", archive.manifest().group());
            assertEquals("fp32", archive.manifest().precision());
            assertEquals("token-classification", archive.manifest().task());
            assertEquals(1, archive.manifest().format());
            assertEquals(files.size() - 1, archive.manifest().files().size());
            assertTrue(Files.isRegularFile(directory.resolve("golden/cases.jsonl")));
            assertTrue(archive.selfTest().passed());
        }
        assertFalse(Files.exists(directory));
    }

    @Test
    void aClassifierFromAZipRemovesItsFolder() throws IOException {
        TokenClassifier classifier = TokenClassifier.load(zip());
        Path directory = classifier.directory();
        assertFalse(classifier.classify("Ada Lovelace in London").isEmpty());
        classifier.close();
        assertFalse(Files.exists(directory));
    }

    @Test
    void aFolderIsUsedWhereItStandsAndLeftAlone() throws IOException {
        unpack();
        try (Archive archive = Archive.open(folder)) {
            assertEquals(folder.toAbsolutePath(), archive.directory());
        }
        assertTrue(Files.exists(folder.resolve("model.onnx")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.onnx", "golden/cases.jsonl", "serving.properties"})
    void anAlteredFileIsFound(String name) throws IOException {
        files.get(name)[7] ^= 1;
        ArchiveException e = assertRefused(name);
        assertTrue(e.expected().startsWith("SHA-256 "), e.getMessage());
        unpack();
        assertThrows(ArchiveException.class, () -> Archive.open(folder));
    }

    @Test
    void aLargerOrSmallerFileIsFound() throws IOException {
        byte[] whole = files.get("config.json");
        files.put("config.json", Arrays.copyOf(whole, whole.length + 1));
        assertTrue(assertRefused("config.json").expected().equals(whole.length + " bytes"));
        files.put("config.json", Arrays.copyOf(whole, whole.length - 1));
        assertRefused("config.json");
    }

    @Test
    void aMissingOrAnExtraFileIsFound() throws IOException {
        files.put("notes.txt", new byte[] {1});
        assertRefused("notes.txt");
        unpack();
        assertThrows(ArchiveException.class, () -> Archive.open(folder));
        files.remove("notes.txt");
        files.remove("tokenizer.json");
        assertRefused("tokenizer.json");
    }

    @Test
    void anAlteredManifestIsFound() throws IOException {
        String text = new String(files.get("djlift.json"), StandardCharsets.UTF_8);
        files.put(
                "djlift.json", text.replace("random weights", "better weights").getBytes(StandardCharsets.UTF_8));
        assertTrue(assertRefused("djlift.json").expected().startsWith("digest "));
    }

    @Test
    void aNewerFormatIsRefused() throws Exception {
        manifest(text -> text.replace("\"format\": 1", "\"format\": 2"));
        assertTrue(assertRefused("djlift.json").getMessage().contains("found format 2"));
    }

    @Test
    void aFolderThatCannotBeReadIsRefused() throws Exception {
        unpack();
        try (TooDeep deep = new TooDeep(folder)) {
            ArchiveException e = assertThrows(ArchiveException.class, () -> Archive.open(deep.top));
            assertEquals(folder.toString(), e.file());
            assertTrue(e.found().contains("too long"), e.getMessage());
        }
    }

    @Test
    void anotherTaskIsRefused() throws Exception {
        manifest(text -> text.replace("token-classification", "text-classification"));
        IOException e = assertThrows(ArchiveException.class, () -> TokenClassifier.load(zip()));
        assertTrue(e.getMessage().contains("found text-classification"), e.getMessage());
    }

    /** A temporary folder says nothing to who has given a zip, and is gone by the time it is read. */
    @Test
    void messagesNameTheArchiveAsItWasGiven() throws Exception {
        Path zip = zip();
        ArchiveException task = assertThrows(ArchiveException.class, () -> TextEmbedder.load(zip));
        assertEquals(zip + ": expected the task text-embedding, found token-classification", task.getMessage());
        TokenClassifier closed = TokenClassifier.load(zip);
        closed.close();
        named(zip, assertThrows(IllegalStateException.class, () -> closed.classify("Ada")));
        // An operator that does not exist: ONNX Runtime's own message has the path that it was given.
        String graph = new String(files.get("model.onnx"), StandardCharsets.ISO_8859_1);
        files.put("model.onnx", graph.replace("MatMul", "MatMux").getBytes(StandardCharsets.ISO_8859_1));
        Zips.resealed(zip, files, "model.onnx");
        IOException broken = assertThrows(IOException.class, () -> TokenClassifier.load(zip));
        assertTrue(broken.getMessage().startsWith(zip + "!model.onnx cannot be loaded: "), broken.getMessage());
        named(zip, broken);
        try (Archive archive = Archive.open(zip)) {
            named(zip, assertThrows(IOException.class, archive::selfTest));
        }
        named(zip, assertThrows(IOException.class, () -> TokenClassifier.builder(zip)
                .calibrate(List.of("Ada"), Duration.ofSeconds(1))));
    }

    private static void named(Path zip, Exception e) {
        assertTrue(e.getMessage().contains(zip.toString()), e.getMessage());
        assertFalse(e.getMessage().contains("djlift-"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{\"format\": \"x\"}",
                "{\"format\": 1}",
                "{\"format\": 1, \"files\": {\"a\": 3}}"
            })
    void somethingElseThanAManifestIsRefused(String text) throws IOException {
        files.put("djlift.json", text.getBytes(StandardCharsets.UTF_8));
        assertRefused("djlift.json");
    }

    @Test
    void withoutAManifestItIsNoArchive() throws IOException {
        files.remove("djlift.json");
        assertRefused("");
        unpack();
        ArchiveException e = assertThrows(ArchiveException.class, () -> Archive.open(folder));
        assertTrue(e.getMessage().contains("djlift.json"), e.getMessage());
        assertThrows(ArchiveException.class, () -> Archive.open(folder.resolve("nothing.zip")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil",
                "/etc/evil",
                "a/../../evil",
                "a\\evil",
                "C:evil",
                "./evil",
                "a//evil",
                "evil/",
                "Model.onnx",
                "libs/evil.jar",
                "lib/evil.jar",
                "LIBS/evil.jar",
                "Lib/evil.jar",
                "two\nlines",
                "\u001B[2J",
                "a\u202Eb",
                "a\u2028b",
                "golden",
                "model.onnx/x",
                "/",
                "golden/"
            })
    void hostileNamesAreRefused(String name) throws IOException {
        files.put(name, new byte[0]);
        assertRefused("");
        assertFalse(Files.exists(folder.resolveSibling("evil")));
    }

    @Test
    void aFolderBehindALinkIsUsed(@TempDir Path other) throws IOException {
        unpack();
        Path link = Files.createSymbolicLink(other.resolve("link"), folder);
        try (Archive archive = Archive.open(link)) {
            assertEquals(link.toAbsolutePath(), archive.directory());
        }
        try (TokenClassifier classifier = TokenClassifier.load(link)) {
            assertFalse(classifier.classify("Ada Lovelace in London").isEmpty());
        }
    }

    @Test
    void bytesThatBelongToNoEntryAreRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(zip());
        for (int at : new int[] {0, bytes.length}) {
            byte[] more = new byte[bytes.length + 1];
            System.arraycopy(bytes, 0, more, 0, at);
            System.arraycopy(bytes, at, more, at + 1, bytes.length - at);
            Path path = Files.write(folder.resolve("more.zip"), more);
            assertThrows(ArchiveException.class, () -> Archive.open(path), "a byte at " + at);
        }
    }

    @Test
    void duplicatesAreRefused() throws IOException {
        // java.util.zip does not write two entries of one name, so the second is renamed in the bytes.
        files.put("configX.json", files.get("config.json"));
        byte[] bytes = Files.readAllBytes(zip());
        byte[] name = "configX.json".getBytes(StandardCharsets.US_ASCII);
        byte[] same = "golden/cases".getBytes(StandardCharsets.US_ASCII);
        assertEquals(name.length, same.length);
        files.put("golden/cases", new byte[0]);
        bytes = Files.readAllBytes(zip());
        for (int i = 0; i + name.length <= bytes.length; i++) {
            if (Arrays.equals(Arrays.copyOfRange(bytes, i, i + name.length), name)) {
                System.arraycopy(same, 0, bytes, i, same.length);
            }
        }
        Path twice = Files.write(folder.resolve("twice.zip"), bytes);
        ArchiveException e = assertThrows(ArchiveException.class, () -> Archive.open(twice));
        assertTrue(e.expected().contains("each name once"), e.getMessage());
    }

    @Test
    void aBombStopsAtTheSizeOfTheManifest() throws IOException {
        files.put("config.json", new byte[4 << 20]);
        Set<Path> before = temporaryFolders();
        assertRefused("config.json");
        assertEquals(before, temporaryFolders());
    }

    @Test
    void tooManyEntriesAreRefused() throws IOException {
        for (int i = 0; i < 300; i++) {
            files.put("file" + i, new byte[0]);
        }
        assertRefused("");
    }

    @Test
    void aCutZipIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(zip());
        for (int length : new int[] {0, 10, bytes.length / 2, bytes.length - 1}) {
            Path cut = Files.write(folder.resolve("cut.zip"), Arrays.copyOf(bytes, length));
            assertThrows(ArchiveException.class, () -> Archive.open(cut), length + " bytes");
        }
        // A damaged entry, not only a damaged directory.
        bytes[bytes.length / 2] ^= 0x55;
        Path damaged = Files.write(folder.resolve("damaged.zip"), bytes);
        assertThrows(ArchiveException.class, () -> Archive.open(damaged));
    }

    private ArchiveException assertRefused(String file) throws IOException {
        Path zip = zip();
        ArchiveException e = assertThrows(ArchiveException.class, () -> Archive.open(zip));
        assertTrue(e.file().startsWith(zip.toString()) && e.file().endsWith(file), e.getMessage());
        assertTrue(e.getMessage().contains("expected " + e.expected() + ", found " + e.found()), e.getMessage());
        return e;
    }

    private void manifest(java.util.function.UnaryOperator<String> change) throws Exception {
        String text = new String(files.get("djlift.json"), StandardCharsets.UTF_8);
        files.put("djlift.json", Zips.sealed(change.apply(text)));
    }

    private Path zip() throws IOException {
        return Zips.write(folder.resolve("archive.zip"), files);
    }

    private void unpack() throws IOException {
        Files.deleteIfExists(folder.resolve("archive.zip"));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path target = folder.resolve(file.getKey());
            Files.createDirectories(target.getParent());
            Files.write(target, file.getValue());
        }
    }

    private static Set<Path> temporaryFolders() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(p -> p.getFileName().toString().startsWith("djlift-"))
                    .collect(Collectors.toSet());
        }
    }
}
