package org.djlift.zoo;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.internal.base.FileHash;
import org.djlift.internal.base.Printable;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.reader.StrictZip;
import org.djlift.internal.tasks.Applications;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * A model zoo: a folder, or a folder behind a web server, that {@code djlift publish} writes.
 *
 * <p>A zip from a web server is kept in a cache that any number of JVMs share. It is checked against its metadata and
 * its manifest each time it is asked for, wherever it is from.
 */
public abstract class Zoo {

    static final String TOP = "model/";

    private static final int MANIFEST_LIMIT = 16 << 20;

    final ZooCache cache;

    Zoo(ZooCache cache) {
        this.cache = cache;
    }

    /**
     * Returns the zoo in a folder or at an address; nothing is read yet.
     *
     * @param base a folder, or an address that starts with {@code file:}, {@code http://} or {@code https://}
     * @return the zoo
     * @throws ZooException if it is something else, or a setting makes no sense
     */
    public static Zoo at(String base) throws ZooException {
        Objects.requireNonNull(base, "base");
        URI address = ZooSettings.address(base);
        if (address != null) {
            return new HttpZoo(address, new ZooCache());
        }
        try {
            boolean isUri = base.regionMatches(true, 0, "file:", 0, "file:".length());
            return new FolderZoo((isUri ? Path.of(URI.create(base)) : Path.of(base)).toAbsolutePath(), new ZooCache());
        } catch (IllegalArgumentException e) {
            throw ZooSettings.refused(ZooSettings.ZOO, "a folder", Printable.text(base));
        }
    }

    /**
     * Gives the zoo that the system property {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names.
     *
     * @return the zoo
     * @throws ZooException if none is named, or its address is malformed; the reason is {@code REFUSED}
     */
    public static Zoo configured() throws ZooException {
        String base = ZooSettings.get(ZooSettings.ZOO);
        if (base == null) {
            throw ZooSettings.refused(ZooSettings.ZOO, "the folder or address of a zoo", "none");
        }
        return at(base);
    }

    /**
     * Returns whether {@link #configured} has a zoo to give.
     *
     * @return whether one is named
     */
    public static boolean isConfigured() {
        return ZooSettings.get(ZooSettings.ZOO) != null;
    }

    /**
     * Finds what fits best: the newest version, in fp32 where no precision is asked for and there is fp32. A yanked
     * version is found only by those who name it.
     *
     * @param asked what is asked for
     * @return the archive to take
     * @throws ZooException if nothing fits (the message says what there is), the zoo cannot be reached and the cache
     *     has nothing that fits, or the metadata is not what it should be
     * @throws IOException if a file cannot be read or written
     */
    public final ZooArtifact resolve(ZooCoordinates asked) throws IOException {
        ZooArtifact artifact = resolved(asked);
        if (artifact.isYanked()) {
            LoggerFactory.getLogger(Zoo.class)
                    .warn("{} is yanked: it is loaded only because its version is named", artifact);
        }
        return artifact;
    }

    /**
     * Gives the zip of an archive, downloaded if need be and checked each time: its size and hashes are those of the
     * metadata, and it is the archive of that model, version and precision. A detached signature, if the zoo has one,
     * lies beside it under the same name with {@code .sig} at its end.
     *
     * @param artifact what {@link #resolve} found
     * @return a zip; not to be changed
     * @throws ZooException if it is not what the metadata says, or cannot be had
     * @throws IOException if a file cannot be read or written
     */
    public final Path fetch(ZooArtifact artifact) throws IOException {
        return fetched(artifact).zip;
    }

    /**
     * Finds the archive that fits best, as {@link #resolve} does, and gives its zip, as {@link #fetch(ZooArtifact)}
     * does.
     *
     * @param asked what is asked for
     * @return a zip; not to be changed
     * @throws IOException as {@link #resolve} and {@link #fetch(ZooArtifact)} do
     */
    public final Path fetch(ZooCoordinates asked) throws IOException {
        return fetch(resolve(asked));
    }

    /**
     * Does the same, and demands that the zip has a SHA-256 that is known, such as from another machine.
     *
     * @param asked what is asked for
     * @param sha256 the SHA-256 of the zip, 64 hexadecimal digits, as {@link ZooArtifact#sha256} has it there
     * @return a zip; not to be changed
     * @throws ZooException also if the zip of this zoo, or of this machine's cache, is another
     * @throws IOException as {@link #resolve} and {@link #fetch(ZooArtifact)} do
     */
    public final Path fetch(ZooCoordinates asked, String sha256) throws IOException {
        Objects.requireNonNull(sha256, "sha256");
        // What resolve says need not hold: a zoo on a web server may have changed, and the cache may be damaged.
        Fetched fetched = fetched(resolve(asked));
        if (!fetched.sha256.equals(sha256)) {
            throw new ZooException(
                    ZooException.Reason.REFUSED,
                    fetched.zip.toString(),
                    asked + " with SHA-256 " + sha256,
                    "SHA-256 " + fetched.sha256,
                    "ask again, with a zoo that is the same on all machines");
        }
        return fetched.zip;
    }

    /**
     * Gives the folder with the files of an archive, for those who cannot read a zip. It is shared by all JVMs and
     * stays; each file is checked each time, and a folder that is damaged is made anew.
     *
     * @param artifact what {@link #resolve} found
     * @return a folder; not to be changed
     * @throws IOException as {@link #fetch} does
     */
    public final Path unpack(ZooArtifact artifact) throws IOException {
        Fetched fetched = fetched(artifact);
        return unpacked(fetched.zip, fetched.sha256, cache);
    }

    /**
     * Gives the folder of a zip that lies in no zoo, as {@link #unpack} does. What lies at the path now is what counts,
     * whatever was there before.
     *
     * @param zip a djlift archive
     * @return a folder; not to be changed
     * @throws IOException if it is none, or a file cannot be read or written
     */
    public static Path unpack(Path zip) throws IOException {
        if (!Files.isRegularFile(zip)) {
            throw new ArchiveException(zip.toString(), "a djlift archive (.zip)", "nothing");
        }
        return unpacked(zip, FileHash.of(zip, false).sha256(), new ZooCache());
    }

    /**
     * Gives the models of the zoo that can be known: those in a folder, and those that the system property {@code
     * djlift.zoo.models} or the environment variable {@code DJLIFT_ZOO_MODELS} lists, as a web server lists nothing.
     *
     * @return the models, sorted
     * @throws IOException if the folder cannot be read
     */
    public final Set<String> models() throws IOException {
        Set<String> models = new TreeSet<>();
        listing().forEach(model -> models.add(model.group() + "/" + model.name()));
        return models;
    }

    /**
     * Gives the models of the zoo that can be known, as {@link #models} does, each with a task of the DJL application
     * that it lies in. The setting may name the task: {@code group/name?task=text-embedding}.
     *
     * @return coordinates without a version, sorted; without a task where only the setting names the model, and no task
     * @throws IOException if the folder cannot be read
     */
    public final Set<ZooCoordinates> listing() throws IOException {
        Set<ZooCoordinates> models = new TreeSet<>(Comparator.comparing(ZooCoordinates::toString));
        models.addAll(listed());
        String named = ZooSettings.get(ZooSettings.MODELS);
        if (named != null) {
            for (String model : named.split("[\\s,]+")) {
                try {
                    ZooCoordinates asked = ZooCoordinates.parse(ZooCoordinates.SCHEME + "://" + model);
                    ZooCoordinates bare = asked.withVersion(null).withPrecision(null);
                    if (bare.task != null
                            || models.stream().noneMatch(m -> m.withTask(null).equals(bare))) {
                        models.add(bare);
                    }
                } catch (IllegalArgumentException e) {
                    throw ZooSettings.refused(ZooSettings.MODELS, "group/name, group/name", Printable.text(model));
                }
            }
        }
        return models;
    }

    /** Refuses models of several tasks under one group and name: which one is meant nobody knows. */
    static void one(ZooCoordinates asked, Collection<String> applications, Object where) throws ZooException {
        if (applications.size() > 1) {
            throw new ZooException(
                    ZooException.Reason.REFUSED,
                    where.toString(),
                    "one model " + asked.group() + "/" + asked.name(),
                    "one in each of " + String.join(", ", applications),
                    "add the task, as in "
                            + asked.withTask(
                                    Applications.taskOf(applications.iterator().next())));
        }
    }

    /** What is meant, yanked or not. */
    abstract ZooArtifact resolved(ZooCoordinates asked) throws IOException;

    /** A zip with the hashes of the artifact, checked now. */
    abstract Fetched fetched(ZooArtifact artifact) throws IOException;

    /** The models that the zoo itself can list. */
    abstract Set<ZooCoordinates> listed() throws IOException;

    /** Refuses a zip that is not what the metadata says, or the archive of another model. */
    static Fetched checked(ZooArtifact artifact, Path zip, String mend) throws IOException {
        FileHash hash = FileHash.of(zip, artifact.sha256 == null);
        artifact.mustHave(hash, zip.toString(), mend);
        try (StrictZip open = StrictZip.open(zip)) {
            StrictZip.Entry entry = open.entries().get(Manifest.FILE);
            if (entry == null || entry.size > MANIFEST_LIMIT) {
                String found = entry == null ? "none" : "a huge one";
                throw new ArchiveException(zip.toString(), Manifest.FILE + " at its top", found);
            }
            try (InputStream in = open.read(entry)) {
                artifact.mustBe(Manifest.parse(in.readAllBytes(), zip + "!" + Manifest.FILE), zip.toString());
            }
        }
        return new Fetched(zip, hash.sha256());
    }

    private static Path unpacked(Path zip, String sha256, ZooCache cache) throws IOException {
        Path folder = cache.unpacked(sha256);
        if (!isWhole(folder)) {
            cache.alone(folder, () -> {
                if (isWhole(folder)) {
                    return;
                }
                Path partial = ZooCache.partial(folder);
                try (OpenedArchive archive = OpenedArchive.open(zip)) {
                    for (String name : archive.manifest().files().keySet()) {
                        copy(archive.directory(), partial, name);
                    }
                    copy(archive.directory(), partial, Manifest.FILE);
                }
                if (!FileHash.of(zip, false).sha256().equals(sha256)) {
                    throw new ArchiveException(zip.toString(), "SHA-256 " + sha256, "another: it was just replaced");
                }
                ZooCache.remove(folder);
                ZooCache.put(partial, folder);
            });
        }
        return folder;
    }

    private static void copy(Path from, Path to, String name) throws IOException {
        Path target = to.resolve(name);
        Files.createDirectories(target.getParent());
        Files.copy(from.resolve(name), target);
    }

    /** Whether a folder is there and every file in it is the manifest's. */
    private static boolean isWhole(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (OpenedArchive archive = OpenedArchive.open(folder)) {
            return archive.directory() != null;
        } catch (ArchiveException | NoSuchFileException | UncheckedIOException e) {
            // Altered, or just being made anew by another.
            LoggerFactory.getLogger(Zoo.class).warn("unpacked again, since it was damaged: {}", e.getMessage());
            return false;
        }
    }

    /** A zip, and what it was when it was checked. */
    static final class Fetched {

        final Path zip;
        final String sha256;

        Fetched(Path zip, String sha256) {
            this.zip = zip;
            this.sha256 = sha256;
        }
    }
}
