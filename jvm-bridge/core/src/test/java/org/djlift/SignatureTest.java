package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.archive.SignatureRefusedException;
import org.djlift.support.Tiny;
import org.djlift.support.Zips;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A classifier that demands a signature loads what the trusted key signed, and nothing else. That every refusal has
 * Python's code is held by tests/strict/test_signature_java.py.
 */
class SignatureTest {

    private static final Path TRUSTED = resource("trusted.pub");
    private static final Path OF_ZIP = resource("zip.sig");
    private static final Path OF_FOLDER = resource("folder.sig");

    @TempDir
    private Path folder;

    @Test
    void aSignedZipIsLoaded() throws IOException {
        Path zip = Files.copy(Tiny.ZIP, folder.resolve("tiny.zip"));
        Files.copy(OF_ZIP, folder.resolve("tiny.zip.sig"));
        try (TokenClassifier classifier =
                TokenClassifier.builder(zip).trustKey(TRUSTED).build()) {
            assertFalse(classifier.classify("Ada Lovelace in London").isEmpty());
        }
    }

    @Test
    void aSignedFolderIsLoaded() throws IOException {
        try (Archive archive = Archive.open(Tiny.FOLDER, TRUSTED, OF_FOLDER)) {
            assertEquals("tiny", archive.manifest().name());
        }
        try (TokenClassifier classifier = TokenClassifier.builder(Tiny.FOLDER)
                .trustKey(TRUSTED)
                .signature(OF_FOLDER)
                .build()) {
            assertFalse(classifier.classify("Ada Lovelace in London").isEmpty());
        }
    }

    @Test
    void withoutASignatureNothingIsLoaded() throws IOException {
        Path zip = Files.copy(Tiny.ZIP, folder.resolve("tiny.zip"));
        SignatureRefusedException e = refused("signature-absent", zip, TRUSTED, folder.resolve("tiny.zip.sig"));
        assertTrue(e.file().endsWith("tiny.zip.sig"), e.getMessage());
        assertThrows(
                SignatureRefusedException.class,
                () -> TokenClassifier.builder(zip).trustKey(TRUSTED).build());
        // The same without the demand.
        TokenClassifier.load(zip).close();
    }

    @Test
    void anotherKeyOrAnotherArchivesSignatureIsRefused() throws IOException {
        refused("signature-other-key", Tiny.ZIP, resource("other.pub"), OF_ZIP);
        refused("signature-other-files", Tiny.ZIP, TRUSTED, OF_FOLDER);
        refused("signature-other-files", Tiny.FOLDER, TRUSTED, OF_ZIP);
        refused("key-unusable", Tiny.ZIP, OF_ZIP, OF_ZIP);
        refused("signature-unreadable", Tiny.ZIP, TRUSTED, TRUSTED);
    }

    @Test
    void anEditedStatementIsRefused() throws IOException {
        String bundle = Files.readString(OF_ZIP);
        String payload = bundle.replaceFirst("(?s).*\"payload\":\"([^\"]*)\".*", "$1");
        String statement = new String(Base64.getDecoder().decode(payload), StandardCharsets.UTF_8);
        String edited = statement.replace("model.onnx", "model.0nnx");
        String other = Base64.getEncoder().encodeToString(edited.getBytes(StandardCharsets.UTF_8));
        Path file = Files.writeString(folder.resolve("edited.sig"), bundle.replace(payload, other));
        refused("signature-false", Tiny.ZIP, TRUSTED, file);
    }

    @Test
    void nothingIsUnpackedOfWhatIsNotSigned() throws IOException {
        // The manifest and a file of it were replaced together, so that the archive by itself is well.
        Map<String, byte[]> files = Tiny.files();
        Path zip = Zips.write(folder.resolve("other.zip"), files);
        Archive.open(zip).close();
        long before = unpacked();
        refused("signature-other-files", zip, TRUSTED, OF_ZIP);
        assertEquals(before, unpacked());
    }

    @Test
    void aSignatureAloneIsNoDemand() {
        ModelBuilder<TokenClassifier, String, EntityOptions> builder =
                TokenClassifier.builder(Tiny.ZIP).signature(OF_ZIP);
        assertThrows(IllegalStateException.class, builder::build);
    }

    private static SignatureRefusedException refused(String code, Path archive, Path key, Path signature) {
        SignatureRefusedException e =
                assertThrows(SignatureRefusedException.class, () -> Archive.open(archive, key, signature));
        assertEquals(code, e.code(), e.getMessage());
        return e;
    }

    private static long unpacked() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(f -> f.getFileName().toString().matches("djlift-\\d+"))
                    .count();
        }
    }

    private static Path resource(String name) {
        try {
            return Path.of(
                    SignatureTest.class.getResource("/signatures/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
