package org.djlift.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;

import org.djlift.Archive;
import org.djlift.TokenClassifier;
import org.djlift.zoo.ZooException.Reason;
import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.support.TinyZoo;
import org.djlift.support.TooDeep;
import org.djlift.support.WithZoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A zoo in a folder, by coordinates: what is found, what is refused, and that it is looked at each time. */
class FolderZooTest extends WithZoo {

    @ParameterizedTest
    @CsvSource({
        "'', 1.1 fp32",
        "?precision=fp16, 1.1 fp16",
        "/1.0, 1.0 fp32",
        "/1.0?precision=fp16, 1.0 fp16",
        "'/[1.0,1.1)', 1.0 fp32",
        "'/[1.0,2.0)?precision=fp16', 1.1 fp16",
        "'/(,1.1)?precision=fp32', 1.0 fp32"
    })
    void coordinatesFindTheNewestThatFits(String end, String expected) throws IOException {
        assertEquals(expected, loaded(TinyZoo.MODEL + end));
        try (TokenClassifier classifier = TokenClassifier.load(TinyZoo.MODEL + end)) {
            assertFalse(classifier
                    .classify("Ada Lovelace met Charles Babbage in London.")
                    .isEmpty());
        }
    }

    @Test
    void aZooThatCannotBeReadIsRefused() throws Exception {
        Path models = zoo.top().resolve("model/nlp/token_classification");
        try (TooDeep deep = new TooDeep(models)) {
            refused(Reason.REFUSED, () -> Zoo.configured().models(), deep.top.toString(), "too long");
        }
    }

    @Test
    void theOrderOfTheListChangesNothing() throws IOException {
        zoo.change(json -> {
            JsonArray turned = new JsonArray();
            for (int i = json.getAsJsonArray("artifacts").size() - 1; i >= 0; i--) {
                turned.add(json.getAsJsonArray("artifacts").get(i));
            }
            json.add("artifacts", turned);
        });
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
        assertEquals("1.0 fp32", loaded(TinyZoo.MODEL + "/[1.0,1.1)"));
    }

    @Test
    void whereThereIsNoFp32TheOneThereIsWillDo() throws IOException {
        zoo.changeArtifact("1.1", "fp32", a -> a.getAsJsonObject("properties").addProperty("precision", "bf16"));
        assertEquals(
                Optional.of("bf16"),
                Zoo.configured()
                        .resolve(ZooCoordinates.parse(TinyZoo.MODEL))
                        .coordinates()
                        .precision());
        assertEquals("1.0 fp32", loaded(TinyZoo.MODEL + "?precision=fp32"));
    }

    @Test
    void aYankedVersionIsOnlyForThoseWhoNameIt() throws IOException {
        zoo.yank("1.1");
        assertEquals("1.0 fp32", loaded(TinyZoo.MODEL));
        assertEquals("1.0 fp16", loaded(TinyZoo.MODEL + "/[1.0,2.0)?precision=fp16"));
        assertEquals("1.1 fp16", loaded(TinyZoo.MODEL + "/1.1?precision=fp16"));
        assertTrue(Zoo.configured()
                .resolve(ZooCoordinates.parse(TinyZoo.MODEL + "/1.1"))
                .isYanked());
        refused(Reason.ABSENT, () -> loaded(TinyZoo.MODEL + "/(1.0,)"), "1.0 (fp32, fp16); yanked: 1.1");
        zoo.yank("1.0");
        refused(Reason.ABSENT, () -> loaded(TinyZoo.MODEL), "a version", "no version");
    }

    @Test
    void whatIsNotThereIsSaidWithWhatIs() {
        refused(
                Reason.ABSENT,
                () -> loaded(TinyZoo.MODEL + "/3.0"),
                "version 3.0",
                "1.1 (fp32, fp16), 1.0 (fp32, fp16)");
        refused(
                Reason.ABSENT,
                () -> loaded(TinyZoo.MODEL + "?precision=int8"),
                "a version in int8",
                "1.1 (fp32, fp16)");
        refused(Reason.ABSENT, () -> loaded("djlift://org.djlift.test/other"), "the models org.djlift.test/tiny");
        set("djlift.zoo", top.resolve("nowhere").toString());
        refused(Reason.ABSENT, () -> loaded(TinyZoo.MODEL), "no folder", "DJLIFT_ZOO");
    }

    @Test
    void aZooMustBeNamed() {
        set("djlift.zoo", null);
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "djlift.zoo", "DJLIFT_ZOO");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"s3://bucket/zoo", "http:///zoo", "https://host/zoo?a=b", "http://a:b@host/", "http://a b/"})
    void anAddressThatCannotBeReadIsRefused(String base) {
        ZooException e = refused(Reason.REFUSED, () -> Zoo.at(base), "djlift.zoo");
        assertFalse(e.getMessage().contains("a:b"), "a password in a message: " + e.getMessage());
    }

    @Test
    void aUriOfTheFolderIsTheSame() throws IOException {
        set("djlift.zoo", zoo.top().toUri().toString());
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
        assertEquals(Set.of("org.djlift.test/tiny"), Zoo.configured().models());
        // A zip in a folder is used where it lies.
        assertEquals(List.of(), cached());
    }

    @Test
    void aPathWillDoInPlaceOfCoordinates() throws IOException {
        assertEquals("1.0 fp16", loaded(zoo.zip("1.0", "fp16").toString()));
    }

    @Test
    void aReplacedZipIsSeen() throws IOException {
        String asked = TinyZoo.MODEL + "/1.0?precision=fp32";
        loaded(asked);
        // A whole archive, and even of the same model: but not the one that was published.
        Files.copy(zoo.zip("1.1", "fp32"), zoo.zip("1.0", "fp32"), StandardCopyOption.REPLACE_EXISTING);
        refused(Reason.REFUSED, () -> loaded(asked), "SHA-256", "as metadata.json says", "publish");
    }

    @Test
    void aFlippedBitIsSeen() throws IOException {
        Path zip = zoo.zip("1.1", "fp32");
        byte[] bytes = Files.readAllBytes(zip);
        bytes[bytes.length / 2] ^= 1;
        Files.write(zip, bytes);
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "SHA-256");
    }

    @Test
    void anOlderZooHasSha1() throws IOException {
        Files.copy(TinyZoo.ORIGINAL.resolve("metadata.json"), zoo.metadata(), StandardCopyOption.REPLACE_EXISTING);
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
        assertTrue(Zoo.configured()
                .resolve(ZooCoordinates.parse(TinyZoo.MODEL))
                .sha256()
                .isEmpty());
        Files.copy(zoo.zip("1.0", "fp32"), zoo.zip("1.1", "fp32"), StandardCopyOption.REPLACE_EXISTING);
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "SHA-1");
    }

    @Test
    void theArchiveOfAnotherVersionIsRefusedThoughItsHashIsRight() throws IOException {
        zoo.changeArtifact("1.1", "fp32", a -> {
            TinyZoo.model(a).addProperty("uri", "1.0/tiny-1.0-fp16.zip");
            TinyZoo.model(a).addProperty("size", 88737);
            TinyZoo.model(a).remove("sha256");
            TinyZoo.model(a).addProperty("sha1Hash", "6eb314151958b4dc5e6dc3ac16176f940cd9e7c1");
        });
        refused(
                Reason.REFUSED,
                () -> loaded(TinyZoo.MODEL + "/1.1"),
                "the archive of org.djlift.test:tiny:1.1:fp32",
                "org.djlift.test:tiny:1.0:fp16");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../../x.zip",
                "/etc/x.zip",
                "http://127.0.0.1:1/x.zip",
                "//host/x.zip",
                "1.1/../../x.zip",
                "1.1\\x.zip",
                "C:/x.zip",
                "1.1//x.zip",
                "1.1/%2e%2e/x.zip",
                "x.zip?y",
                "x.zip#y",
                "1.1/x",
                "",
                ".zip"
            })
    void aHostileUriIsRefused(String uri) throws IOException {
        zoo.changeArtifact("1.1", "fp32", a -> TinyZoo.model(a).addProperty("uri", uri));
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "uri");
        zoo.changeArtifact("1.1", "fp32", a -> {
            TinyZoo.model(a).addProperty("uri", "1.1/tiny-1.1-fp32.zip");
            a.addProperty("signature", uri.isEmpty() ? ".sig" : uri + "!");
        });
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "signature");
    }

    @ParameterizedTest
    @CsvSource({
        "sha256, 00, sha256",
        "sha256, ../x, sha256",
        "size, 0, size",
        "size, -1, size",
        "size, 1e3, size",
        "size, 186963, bytes"
    })
    void aHostileRecordIsRefused(String key, String value, String word) throws IOException {
        zoo.changeArtifact("1.1", "fp32", a -> {
            if (value.matches("-?[0-9]+")) {
                TinyZoo.model(a).addProperty(key, key.equals("size") ? (Number) Long.valueOf(value) : (Number) 0);
            } else {
                TinyZoo.model(a).addProperty(key, value);
            }
        });
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), word);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{\"metadataVersion\": \"0.2\"}",
                "{\"a\": 1, \"a\": 2}",
                "{\"metadataVersion\": \"9\"}"
            })
    void corruptedMetadataIsRefused(String text) throws IOException {
        Files.writeString(zoo.metadata(), text);
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "metadata");
    }

    @Test
    void theMetadataOfAnotherModelIsRefused() throws IOException {
        zoo.change(json -> json.addProperty("artifactId", "other"));
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "org.djlift.test/other");
    }

    @Test
    void metadataThatIsHugeOrDeepIsRefusedUnread() throws IOException {
        Files.write(zoo.metadata(), new byte[ZooIndex.LIMIT + 1]);
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "at most " + ZooIndex.LIMIT + " bytes");
        Files.writeString(zoo.metadata(), "[".repeat(1 << 20), StandardCharsets.UTF_8);
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "nested deeper");
    }

    @Test
    void aFolderIsUnpackedOnceAndHealsItself() throws IOException {
        Zoo configured = Zoo.configured();
        ZooArtifact artifact = configured.resolve(ZooCoordinates.parse(TinyZoo.MODEL));
        Path folder = configured.unpack(artifact);
        Object first = Files.getLastModifiedTime(folder.resolve("model.onnx"));
        assertEquals(folder, configured.unpack(artifact));
        assertEquals(first, Files.getLastModifiedTime(folder.resolve("model.onnx")));
        try (Archive archive = Archive.open(folder)) {
            assertEquals("1.1", archive.manifest().version());
        }
        for (String fault : new String[] {"cut", "edited", "deleted", "added", "no manifest", "emptied"}) {
            damage(folder, fault);
            assertEquals(folder, configured.unpack(artifact), fault);
            Archive.open(folder).close();
        }
    }

    private static void damage(Path folder, String fault) throws IOException {
        Path model = folder.resolve("model.onnx");
        byte[] bytes = Files.readAllBytes(model);
        switch (fault) {
            case "cut":
                Files.write(model, Arrays.copyOf(bytes, bytes.length / 2));
                break;
            case "edited":
                bytes[bytes.length - 9] ^= 1;
                Files.write(model, bytes);
                break;
            case "deleted":
                Files.delete(model);
                break;
            case "added":
                Files.createDirectories(folder.resolve("libs"));
                Files.write(folder.resolve("libs/x.jar"), bytes);
                break;
            case "no manifest":
                Files.delete(folder.resolve(Manifest.FILE));
                break;
            default:
                ZooCache.remove(folder);
                Files.createDirectories(folder);
        }
        assertThrows(ArchiveException.class, () -> Archive.open(folder), fault);
    }
}
