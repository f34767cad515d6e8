package org.djlift.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.djlift.EntityOptions;
import org.djlift.ModelBuilder;
import org.djlift.TokenClassifier;
import org.djlift.archive.SignatureRefusedException;
import org.djlift.support.TinyZoo;
import org.djlift.support.WithServedZoo;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Whoever demands a signature gets from a zoo what the trusted key signed, and nothing else. */
class SignedZooTest extends WithServedZoo {

    private static final String EXACT = TinyZoo.MODEL + "/1.0?precision=fp32";
    private static final Path TRUSTED = resource("trusted.pub");

    @Test
    void aSignatureComesWithItsArchiveAndIsKept() throws IOException {
        sign("zip.sig");
        for (int i = 0; i < 2; i++) {
            try (TokenClassifier classifier =
                    TokenClassifier.builder(EXACT).trustKey(TRUSTED).build()) {
                assertFalse(classifier.classify("Ada Lovelace in London").isEmpty());
            }
        }
        assertEquals(1, server.requests("/1.0/tiny-1.0-fp32.zip.sig"));
    }

    @Test
    void withoutOneNothingIsLoaded() {
        assertEquals("signature-absent", refused(EXACT));
    }

    @Test
    void oneOfOtherFilesIsRefused() throws IOException {
        // That of the folder: the same model, other files.
        sign("folder.sig");
        assertEquals("signature-other-files", refused(EXACT));
    }

    private void sign(String signature) throws IOException {
        Path zip = zoo.zip("1.0", "fp32");
        Path place = zip.resolveSibling(zip.getFileName() + ".sig");
        Files.copy(resource(signature), place, StandardCopyOption.REPLACE_EXISTING);
        zoo.changeArtifact("1.0", "fp32", artifact -> artifact.addProperty("signature", "1.0/" + place.getFileName()));
    }

    private static String refused(String coordinates) {
        ModelBuilder<TokenClassifier, String, EntityOptions> builder =
                TokenClassifier.builder(coordinates).trustKey(TRUSTED);
        return assertThrows(SignatureRefusedException.class, builder::build).code();
    }

    private static Path resource(String name) {
        try {
            return Path.of(
                    SignedZooTest.class.getResource("/signatures/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
