package org.djlift.zoo;

import org.djlift.internal.base.FileHash;
import org.djlift.internal.base.Offline;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.Applications;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A zoo behind a web server. What came from it once is in the cache, laid out as the zoo is. */
final class HttpZoo extends Zoo {

    private static final Logger LOG = LoggerFactory.getLogger(HttpZoo.class);
    private static final int SIGNATURE_LIMIT = 1 << 20;
    private static final String ONLINE = "load it once with the network, or unset ai.djl.offline and DJL_OFFLINE";

    private final URI base;
    private final ZooHttp http;
    private final Path mirror;

    HttpZoo(URI base, ZooCache cache) throws ZooException {
        super(cache);
        this.base = base;
        this.http = new ZooHttp(base);
        this.mirror = cache.mirror(base.toString());
    }

    /**
     * A version is immutable: one that is named and in the cache needs no network. What is newest only the zoo knows;
     * if it does not answer, the newest in the cache must do.
     */
    @Override
    ZooArtifact resolved(ZooCoordinates asked) throws IOException {
        if (asked.range().isExact()) {
            ZooArtifact known = inCache(asked, false);
            if (known != null) {
                return known;
            }
        }
        if (Offline.is()) {
            ZooArtifact known = inCache(asked, true);
            if (known != null) {
                return known;
            }
            throw new ZooException(
                    ZooException.Reason.UNREACHABLE,
                    mirror.toString(),
                    asked + " in the cache, as DJL is set offline",
                    "none that fits and is whole",
                    ONLINE);
        }
        try {
            return index(asked).choose(asked);
        } catch (ZooException e) {
            ZooArtifact known = e.reason() == ZooException.Reason.UNREACHABLE ? inCache(asked, true) : null;
            if (known == null) {
                throw e;
            }
            LOG.warn("{} is taken from the cache, where it is the newest that fits: {}", known, e.getMessage());
            return known;
        }
    }

    /** The one index of a model, wherever in the zoo it is. */
    private ZooIndex index(ZooCoordinates asked) throws IOException {
        Map<String, byte[]> found = new TreeMap<>();
        ZooException absent = null;
        for (String application : Applications.of(asked.task)) {
            try {
                found.put(application, http.bytes(address(asked, application), ZooIndex.LIMIT));
            } catch (ZooException e) {
                // Some servers refuse what they do not have; that matters only where nothing else is found.
                boolean forbidden = e instanceof ZooHttp.Forbidden;
                if (e.reason() != ZooException.Reason.ABSENT && !forbidden) {
                    throw e;
                }
                absent = absent == null || forbidden ? e : absent;
            }
        }
        one(asked, found.keySet(), base);
        if (found.isEmpty()) {
            throw absent;
        }
        Map.Entry<String, byte[]> only = found.entrySet().iterator().next();
        return remembered(asked, only.getKey(), only.getValue());
    }

    @Override
    Fetched fetched(ZooArtifact artifact) throws IOException {
        Path zip = cached(artifact);
        Fetched found = whole(artifact, zip);
        if (found != null && hasSignature(artifact, zip)) {
            return found;
        }
        if (Offline.is()) {
            throw new ZooException(
                    ZooException.Reason.UNREACHABLE,
                    zip.toString(),
                    artifact + " in the cache, as DJL is set offline",
                    found == null ? "none that is whole" : "no signature beside it",
                    ONLINE);
        }
        // What the cache says of the archive may be damaged too.
        ZooCoordinates named = artifact.coordinates();
        byte[] bytes = http.bytes(address(named, artifact.application()), ZooIndex.LIMIT);
        ZooArtifact fresh = remembered(named, artifact.application(), bytes).choose(named);
        Path target = cached(fresh);
        cache.alone(target, () -> {
            // Another may have fetched it while this one waited.
            if (whole(fresh, target) == null) {
                download(fresh, target);
            }
            String signed = fresh.signature();
            if (signed != null && !hasSignature(fresh, target)) {
                ZooCache.put(http.bytes(address(fresh, signed), SIGNATURE_LIMIT), signature(target));
            }
        });
        return checked(fresh, target, "try again: it was just downloaded, and something else changes the cache");
    }

    @Override
    Set<ZooCoordinates> listed() {
        return Set.of();
    }

    private ZooIndex remembered(ZooCoordinates asked, String application, byte[] bytes) throws IOException {
        ZooIndex index = ZooIndex.parse(
                bytes, asked, application, address(asked, application).toString());
        try {
            ZooCache.put(bytes, mirror.resolve(asked.folder(application)).resolve(ZooIndex.FILE));
        } catch (ZooException e) {
            // What is in a cache that can only be read is still of use.
            LOG.warn("not remembered: {}", e.getMessage());
        }
        return index;
    }

    /**
     * What fits best of what is in the cache.
     *
     * @param whole whether it must be whole; otherwise a damaged one, which can be fetched again, will do
     * @return null if there is none
     */
    private @Nullable ZooArtifact inCache(ZooCoordinates asked, boolean whole) throws IOException {
        Map<String, ZooArtifact> found = new TreeMap<>();
        for (String application : Applications.of(asked.task)) {
            Path file = mirror.resolve(asked.folder(application)).resolve(ZooIndex.FILE);
            if (!Files.isRegularFile(file) || Files.size(file) > ZooIndex.LIMIT) {
                continue;
            }
            try {
                ZooIndex index = ZooIndex.parse(Files.readAllBytes(file), asked, application, file.toString());
                ZooArtifact known =
                        index.find(asked, a -> whole ? whole(a, cached(a)) != null : Files.isRegularFile(cached(a)));
                if (known != null) {
                    found.put(application, known);
                }
            } catch (ZooException e) {
                LOG.warn("the cache is passed over: {}", e.getMessage());
            }
        }
        one(asked, found.keySet(), mirror);
        return found.isEmpty() ? null : found.values().iterator().next();
    }

    private void download(ZooArtifact artifact, Path zip) throws IOException {
        URI address = address(artifact, artifact.uri());
        Path partial = ZooCache.partial(zip);
        try {
            Files.createFile(partial);
            http.file(address, partial, artifact.size());
            FileHash hash = FileHash.of(partial, artifact.sha256 == null);
            artifact.mustHave(hash, address.toString(), "publish the archive again, or check what is in between");
            // Nothing enters the cache that could not be loaded from it.
            try (OpenedArchive archive = OpenedArchive.open(partial)) {
                artifact.mustBe(archive.manifest(), address.toString());
            }
            ZooCache.put(partial, zip);
        } finally {
            ZooCache.remove(partial);
        }
    }

    /** The checked zip of the cache; null if it is not there or not what it should be. */
    private static @Nullable Fetched whole(ZooArtifact artifact, Path zip) {
        if (!Files.isRegularFile(zip)) {
            return null;
        }
        try {
            return checked(artifact, zip, "it is fetched again");
        } catch (IOException e) {
            LOG.warn("not used from the cache: {}", e.getMessage());
            return null;
        }
    }

    private static boolean hasSignature(ZooArtifact artifact, Path zip) {
        return artifact.signature() == null || Files.isRegularFile(signature(zip));
    }

    private static Path signature(Path zip) {
        return zip.resolveSibling(zip.getFileName() + ".sig");
    }

    private Path cached(ZooArtifact artifact) {
        return mirror.resolve(artifact.folder()).resolve(artifact.uri());
    }

    private URI address(ZooCoordinates asked, String application) {
        return base.resolve(asked.folder(application) + ZooIndex.FILE);
    }

    private URI address(ZooArtifact artifact, String uri) {
        return base.resolve(artifact.folder()).resolve(uri);
    }

    @Override
    public String toString() {
        return base.toString();
    }
}
