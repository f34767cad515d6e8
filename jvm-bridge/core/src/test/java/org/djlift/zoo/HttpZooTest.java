package org.djlift.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.Archive;
import org.djlift.TokenClassifier;
import org.djlift.zoo.ZooException.Reason;
import org.djlift.archive.ArchiveException;
import org.djlift.internal.base.FileHash;
import org.djlift.support.Server;
import org.djlift.support.Tiny;
import org.djlift.support.TinyEmbedder;
import org.djlift.support.TinyZoo;
import org.djlift.support.WithServedZoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A zoo behind a plain file server, and what may go wrong on the way from it. */
class HttpZooTest extends WithServedZoo {

    private static final String METADATA = "/metadata.json";
    private static final String ZIP = "/1.1/tiny-1.1-fp32.zip";
    private static final String EXACT = TinyZoo.MODEL + "/1.1?precision=fp32";

    @Test
    void everyCoordinateIsFoundAndFetchedOnce() throws IOException {
        for (int i = 0; i < 2; i++) {
            assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
            assertEquals("1.0 fp16", loaded(TinyZoo.MODEL + "/[1.0,1.1)?precision=fp16"));
            assertEquals("1.1 fp16", loaded(TinyZoo.MODEL + "/1.1?precision=fp16"));
        }
        for (String zip : List.of(ZIP, "/1.0/tiny-1.0-fp16.zip", "/1.1/tiny-1.1-fp16.zip")) {
            assertEquals(1, server.requests(zip), server.seen().toString());
        }
        assertEquals(List.of("metadata.json", "tiny-1.0-fp16.zip", "tiny-1.1-fp16.zip", "tiny-1.1-fp32.zip"), cached());
        try (TokenClassifier classifier =
                TokenClassifier.builder(EXACT).selfTest(true).build()) {
            assertFalse(classifier
                    .classify("Ada Lovelace met Charles Babbage in London.")
                    .isEmpty());
        }
    }

    @Test
    void aVersionThatIsNamedAndCachedNeedsNoNetwork() throws IOException {
        loaded(EXACT);
        long before = server.seen().size();
        assertEquals("1.1 fp32", loaded(EXACT));
        assertEquals(before, server.seen().size(), server.seen().toString());
        server.close();
        assertEquals("1.1 fp32", loaded(EXACT));
    }

    @Test
    void aRangeIsAskedForEachTimeAndFallsBackToTheNewestInTheCache() throws IOException {
        zoo.yank("1.1");
        assertEquals("1.0 fp32", loaded(TinyZoo.MODEL));
        new TinyZoo(zoo.top());
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL), "a newer version is seen");
        server.close();
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
        assertEquals("1.0 fp32", loaded(TinyZoo.MODEL + "/[1.0,1.1)"));
        refused(Reason.UNREACHABLE, () -> loaded(TinyZoo.MODEL + "?precision=fp16"), "attempts", "network");
        // The newest is damaged: what is whole must do.
        Files.write(cached("tiny-1.1-fp32.zip"), new byte[186964]);
        assertEquals("1.0 fp32", loaded(TinyZoo.MODEL));
        refused(Reason.UNREACHABLE, () -> loaded(EXACT), "attempts");
    }

    @Test
    void whatTheCacheHoldsHasTheRightsOfOtherFiles() throws IOException {
        loaded(EXACT);
        Path zip = cached("tiny-1.1-fp32.zip");
        Path metadata = zip.resolveSibling("../metadata.json").normalize();
        Path other = Files.createFile(zip.resolveSibling("other"));
        for (Path file : List.of(zip, metadata)) {
            assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(file), file.toString());
        }
    }

    @Test
    void offlineNeverGoesToTheNetwork() throws IOException {
        loaded(EXACT);
        long before = server.seen().size();
        offline(true);
        assertEquals("1.1 fp32", loaded(EXACT));
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
        refused(Reason.UNREACHABLE, () -> loaded(TinyZoo.MODEL + "/1.0"), "offline", "unset ai.djl.offline");
        Files.write(cached("tiny-1.1-fp32.zip"), new byte[] {1});
        refused(Reason.UNREACHABLE, () -> loaded(EXACT), "offline");
        assertEquals(before, server.seen().size(), server.seen().toString());
    }

    @Test
    void whatDjliftNeedsItselfIsNoWishOfTheUser() throws IOException {
        TokenClassifier.load(zoo.zip("1.0", "fp32")).close();
        assertNull(System.getProperty("ai.djl.offline"));
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
        long before = server.seen().size();
        System.setProperty("ai.djl.offline", "true");
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
        refused(Reason.UNREACHABLE, () -> loaded(TinyZoo.MODEL + "/1.0"), "offline");
        assertEquals(before, server.seen().size(), server.seen().toString());
    }

    @Test
    void yankedIsOnlyForThoseWhoNameIt() throws IOException {
        zoo.yank("1.1");
        assertEquals("1.0 fp32", loaded(TinyZoo.MODEL + "/[1.0,2.0)"));
        assertEquals("1.1 fp32", loaded(EXACT));
        refused(Reason.ABSENT, () -> loaded(TinyZoo.MODEL + "/[1.1,2.0)"), "yanked: 1.1");
    }

    @Test
    void whatIsNotThereIsSaidWithWhatIs() throws IOException {
        refused(Reason.ABSENT, () -> loaded(TinyZoo.MODEL + "/7.0"), server.address(), "1.1 (fp32, fp16), 1.0");
        refused(Reason.ABSENT, () -> loaded("djlift://org.djlift.test/other"), "HTTP status 404", "DJLIFT_ZOO");
        assertEquals(
                1,
                server.requests("token_classification/org/djlift/test/other/metadata.json"),
                "a 404 is no reason to try again");
        Files.delete(zoo.zip("1.1", "fp32"));
        refused(Reason.ABSENT, () -> loaded(EXACT), "404", "tiny-1.1-fp32.zip");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDownloadThatIsCutIsTakenUpAgain(boolean ranges) throws IOException {
        server.ranges = ranges;
        server.plant(ZIP, server.cutAfter(50_000));
        server.plant(ZIP, server.cutAfter(60_000));
        assertEquals("1.1 fp32", loaded(EXACT));
        List<String> seen = server.seen();
        assertEquals(3, server.requests(ZIP), seen.toString());
        assertTrue(seen.stream().anyMatch(s -> s.contains("bytes=50000-")), seen.toString());
        assertTrue(ranges == seen.stream().anyMatch(s -> s.contains("bytes=110000-")), seen.toString());
    }

    @Test
    void aServerThatAlwaysCutsFillsNothing() throws IOException {
        server.ranges = false;
        for (int i = 0; i < 8; i++) {
            server.plant(ZIP, server.cutAfter(50_000));
        }
        refused(Reason.UNREACHABLE, () -> loaded(EXACT), "attempts");
        assertEquals(List.of("metadata.json"), cached());
    }

    @Test
    void aServerInTroubleIsAskedAgain() throws IOException {
        server.plant(METADATA, Server.status(503));
        server.plant(METADATA, server.cutAfter(100));
        server.plant(ZIP, Server.status(500));
        server.plant(ZIP, Server.status(429));
        assertEquals("1.1 fp32", loaded(EXACT));
        for (int i = 0; i < 4; i++) {
            server.plant("/1.0/tiny-1.0-fp32.zip", Server.status(502));
        }
        refused(Reason.UNREACHABLE, () -> loaded(TinyZoo.MODEL + "/1.0"), "502", "4 attempts");
    }

    @Test
    void aServerThatSaysNothingIsNotWaitedForForever() throws IOException {
        set("djlift.zoo.timeout", "1");
        for (int i = 0; i < 4; i++) {
            server.plant(METADATA, Server.silence());
        }
        refused(Reason.UNREACHABLE, () -> loaded(EXACT), "SocketTimeoutException");
        set("djlift.zoo.timeout", "soon");
        refused(Reason.REFUSED, () -> loaded(EXACT), "seconds", "djlift.zoo.timeout");
    }

    @Test
    void aZipOfOtherHashIsRefusedAndFillsNothing() throws IOException {
        byte[] bytes = Files.readAllBytes(zoo.zip("1.1", "fp32"));
        bytes[bytes.length / 2] ^= 1;
        server.plant(ZIP, Server.body(bytes));
        refused(Reason.REFUSED, () -> loaded(EXACT), "SHA-256", "as metadata.json says");
        assertEquals(List.of("metadata.json"), cached());
        server.plant(ZIP, Server.body(new byte[300_000]));
        refused(Reason.REFUSED, () -> loaded(EXACT), "186964 bytes", "more");
        server.plant(ZIP, Server.body(new byte[10]));
        refused(Reason.REFUSED, () -> loaded(EXACT), "186964 bytes", "10 bytes");
        assertEquals(List.of("metadata.json"), cached());
        assertEquals("1.1 fp32", loaded(EXACT), "all is well again");
    }

    @Test
    void whatCouldNotBeLoadedDoesNotEnterTheCache() throws IOException {
        // The hashes are right, the archive is none.
        byte[] none = new byte[100];
        Files.write(zoo.zip("1.1", "fp32"), none);
        zoo.changeArtifact("1.1", "fp32", a -> {
            TinyZoo.model(a).addProperty("size", 100);
            TinyZoo.model(a).addProperty("sha256", FileHash.sha256(none));
            TinyZoo.model(a).remove("sha1Hash");
        });
        assertTrue(assertThrows(ArchiveException.class, () -> loaded(EXACT))
                .getMessage()
                .contains("zip"));
        assertEquals(List.of("metadata.json"), cached());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cut", "edited", "deleted", "empty", "another"})
    void aDamagedCacheIsFetchedAgain(String fault) throws IOException {
        loaded(EXACT);
        Path zip = cached("tiny-1.1-fp32.zip");
        byte[] bytes = Files.readAllBytes(zip);
        switch (fault) {
            case "cut":
                Files.write(zip, Arrays.copyOf(bytes, 1000));
                break;
            case "edited":
                bytes[5000] ^= 1;
                Files.write(zip, bytes);
                break;
            case "deleted":
                Files.delete(zip);
                break;
            case "empty":
                Files.write(zip, new byte[0]);
                break;
            default:
                Files.copy(zoo.zip("1.0", "fp32"), zip, StandardCopyOption.REPLACE_EXISTING);
        }
        assertEquals("1.1 fp32", loaded(EXACT));
        assertEquals(2, server.requests(ZIP));
        assertEquals(
                FileHash.of(zoo.zip("1.1", "fp32"), false).sha256(),
                FileHash.of(zip, false).sha256());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "", "sha256", "uri"})
    void damagedMetadataInTheCacheIsFetchedAgain(String fault) throws IOException {
        loaded(EXACT);
        Path file = cached("metadata.json");
        String text = Files.readString(file);
        switch (fault) {
            case "sha256":
                Files.writeString(file, text.replaceAll("\"sha256\": \"....", "\"sha256\": \"0000"));
                break;
            case "uri":
                Files.writeString(file, text.replaceAll("\"uri\": \"1.1/", "\"uri\": \"../../../1.1/"));
                break;
            default:
                Files.writeString(file, fault);
        }
        assertEquals("1.1 fp32", loaded(EXACT));
        assertEquals(text, Files.readString(file));
        assertEquals(1, server.requests(ZIP), "the zip itself was whole");
    }

    @Test
    void aPartialFileOfAJvmThatDiedIsNoHindrance() throws IOException {
        loaded(EXACT);
        Path zip = cached("tiny-1.1-fp32.zip");
        Files.move(zip, zip.resolveSibling(zip.getFileName() + ".partial"));
        assertEquals("1.1 fp32", loaded(EXACT));
        assertEquals(List.of("metadata.json", "tiny-1.1-fp32.zip"), cached());
    }

    @Test
    void aZipThatWasReplacedOnTheServerIsRefused() throws IOException {
        Files.copy(zoo.zip("1.0", "fp32"), zoo.zip("1.1", "fp32"), StandardCopyOption.REPLACE_EXISTING);
        refused(Reason.REFUSED, () -> loaded(EXACT), "SHA-256");
    }

    @Test
    void whoNamesTheHashGetsThatZipOrNone() throws IOException {
        zoo.publish(TinyEmbedder.FOLDER, "embedder");
        Zoo served = Zoo.configured();
        ZooArtifact artifact = served.resolve(ZooCoordinates.parse("djlift://org.djlift.test/embedder"));
        String sha256 = artifact.sha256().orElseThrow();
        Path zip = served.fetch(artifact.coordinates(), sha256);
        Path file = cached("metadata.json");
        Files.writeString(file, Files.readString(file).replace(sha256, "0000" + sha256.substring(4)));
        assertEquals(zip, served.fetch(artifact.coordinates(), sha256), "the cache is damaged, not the zoo");
        // Fetched again, from a zoo that has another by now.
        Files.write(zip, new byte[] {1});
        zoo.publish(Tiny.FOLDER.resolveSibling("tiny-sparse"), "embedder");
        refused(Reason.REFUSED, () -> served.fetch(artifact.coordinates(), sha256), sha256, "the same on all machines");
    }

    @Test
    void redirectsAreFollowedWithoutTheSecret() throws IOException {
        try (Server other = new Server(zoo.top())) {
            set("djlift.zoo.token", "secret");
            server.header = "Authorization: Bearer secret";
            String path = "/" + zoo.top().relativize(zoo.zip("1.1", "fp32"));
            server.plant(ZIP, Server.redirect(other.address() + path));
            other.plant(ZIP, exchange -> {
                boolean leaked = exchange.getRequestHeaders().containsKey("Authorization");
                exchange.getResponseHeaders().set("Location", server.address() + path + (leaked ? "-leaked" : ""));
                exchange.sendResponseHeaders(307, -1);
            });
            assertEquals("1.1 fp32", loaded(EXACT));
            assertEquals(1, other.requests(ZIP));
        }
        for (int i = 0; i < 7; i++) {
            server.plant("/1.0/tiny-1.0-fp32.zip", Server.redirect("tiny-1.0-fp32.zip"));
        }
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL + "/1.0"), "5 redirects");
        server.plant("/1.0/tiny-1.0-fp16.zip", Server.redirect("file:///etc/passwd"));
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL + "/1.0?precision=fp16"), "a redirect to http");
    }

    @Test
    void aServerThatWantsASecretGetsIt() throws IOException {
        server.header = "X-Key: k";
        refused(Reason.REFUSED, () -> loaded(EXACT), "HTTP status 401", "DJLIFT_ZOO_TOKEN");
        set("djlift.zoo.header", "X-Key: k");
        assertEquals("1.1 fp32", loaded(EXACT));
        set("djlift.zoo.header", "X-Key");
        assertFalse(refused(Reason.REFUSED, () -> loaded(EXACT), "djlift.zoo.header")
                .getMessage()
                .contains("X-Key"));
        set("djlift.zoo.header", "X: a\r\nY: b");
        refused(Reason.REFUSED, () -> loaded(EXACT), "djlift.zoo.header");
    }

    @Test
    void hugeMetadataIsNotRead() throws IOException {
        server.plant(METADATA, Server.body(new byte[ZooIndex.LIMIT + 1]));
        refused(Reason.REFUSED, () -> loaded(TinyZoo.MODEL), "at most " + ZooIndex.LIMIT + " bytes");
        assertEquals(List.of(), cached());
    }

    @Test
    void aSignatureLiesBesideTheZip() throws IOException {
        Path signature = zoo.zip("1.1", "fp32").resolveSibling("tiny-1.1-fp32.zip.sig");
        Files.writeString(signature, "signed");
        zoo.changeArtifact("1.1", "fp32", a -> a.addProperty("signature", "1.1/tiny-1.1-fp32.zip.sig"));
        Path zip = Zoo.configured().fetch(ZooCoordinates.parse(EXACT));
        assertEquals("signed", Files.readString(zip.resolveSibling(zip.getFileName() + ".sig")));
        Files.delete(cached("tiny-1.1-fp32.zip.sig"));
        Zoo.configured().fetch(ZooCoordinates.parse(EXACT));
        assertEquals("signed", Files.readString(cached("tiny-1.1-fp32.zip.sig")));
        assertEquals(1, server.requests(ZIP));
    }

    @Test
    void threadsOfOneJvmDownloadAndUnpackOnce() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<Path>> all = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                all.add(pool.submit(() -> {
                    Zoo configured = Zoo.configured();
                    return configured.unpack(configured.resolve(ZooCoordinates.parse(TinyZoo.MODEL)));
                }));
            }
            for (Future<Path> one : all) {
                assertEquals(all.get(0).get(), one.get());
            }
        } finally {
            pool.shutdownNow();
        }
        assertEquals(1, server.requests(ZIP));
        Archive.open(cached("unpacked")
                        .resolve(FileHash.of(zoo.zip("1.1", "fp32"), false).sha256()))
                .close();
    }

    @Test
    void aCacheThatCanOnlyBeReadStillServes() throws IOException {
        loaded(EXACT);
        Path metadata = cached("metadata.json");
        // Root may write anywhere: a folder in the way of the file is what even root cannot replace.
        Files.delete(metadata);
        Files.createDirectories(metadata.resolve("in-the-way"));
        assertEquals("1.1 fp32", loaded(TinyZoo.MODEL));
        assertEquals(1, server.requests(ZIP));
    }

    @Test
    void aCacheThatCannotBeWrittenIsNamed() throws IOException {
        Path file = Files.createFile(top.resolve("file"));
        set("djlift.cache", file.toString());
        refused(Reason.REFUSED, () -> loaded(EXACT), file.toString(), "DJLIFT_CACHE");
    }
}
