package org.djlift;

import org.djlift.archive.Manifest;
import org.djlift.data.SelfTest;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.zoo.Zoo;
import org.djlift.zoo.ZooCoordinates;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A djlift archive, opened: every file is there, has the size and the SHA-256 that the manifest states, and nothing
 * else is there.
 *
 * <p>A zip is unpacked into a private temporary folder that goes with {@link #close()}; a folder is used where it
 * stands and left alone. An archive from outside is not trusted: names that lead out of the folder, duplicates, code
 * ({@code libs/}) and entries larger than the manifest says are refused, and nothing of them reaches the disk outside
 * the temporary folder.
 */
public final class Archive implements AutoCloseable {

    private final OpenedArchive opened;

    private Archive(OpenedArchive opened) {
        this.opened = opened;
    }

    /**
     * Opens an archive and checks it against its manifest.
     *
     * @param path a zip, or a folder with the files of one
     * @return the archive; close it after use
     * @throws org.djlift.archive.ArchiveException if it is no djlift archive, of a newer format, altered or hostile
     * @throws IOException if a file cannot be read or written
     */
    public static Archive open(Path path) throws IOException {
        return new Archive(OpenedArchive.open(path));
    }

    /**
     * Opens an archive that a trusted key has signed, with the signature that lies beside it: {@code model.zip.sig}
     * beside {@code model.zip}.
     *
     * @param path a zip, or a folder with the files of one
     * @param trustKey a P-256 public key in PEM
     * @return the archive; close it after use
     * @throws org.djlift.archive.SignatureRefusedException if it is not signed by that key as it stands; nothing of it
     *     was unpacked
     * @throws org.djlift.archive.ArchiveException if it is no djlift archive, of a newer format, altered or hostile
     * @throws IOException if a file cannot be read or written
     */
    public static Archive open(Path path, Path trustKey) throws IOException {
        return new Archive(OpenedArchive.open(path, trustKey));
    }

    /**
     * Opens an archive that a trusted key has signed.
     *
     * @param path a zip, or a folder with the files of one
     * @param trustKey a P-256 public key in PEM
     * @param signature the signature, as {@code djlift sign} and {@code model_signing sign key} write it
     * @return the archive; close it after use
     * @throws org.djlift.archive.SignatureRefusedException if it is not signed by that key as it stands; nothing of it
     *     was unpacked
     * @throws org.djlift.archive.ArchiveException if it is no djlift archive, of a newer format, altered or hostile
     * @throws IOException if a file cannot be read or written
     */
    public static Archive open(Path path, Path trustKey, Path signature) throws IOException {
        return new Archive(OpenedArchive.open(path, trustKey, signature));
    }

    /**
     * Opens an archive by its path, or by its coordinates in the zoo that the system property {@code djlift.zoo} or the
     * environment variable {@code DJLIFT_ZOO} names.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link ZooCoordinates} has it
     * @return the archive; close it after use
     * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive; its reason says why
     * @throws org.djlift.archive.ArchiveException if it is no djlift archive, of a newer format, altered or hostile
     * @throws IOException if a file cannot be read or written
     * @throws IllegalArgumentException if the location begins with {@code djlift:} and is malformed, or can be no path
     */
    public static Archive open(String location) throws IOException {
        return open(local(location, null));
    }

    /**
     * The file or folder of a path or of coordinates.
     *
     * @param task what is meant where the coordinates name no task; null for any
     */
    static Path local(String location, @Nullable String task) throws IOException {
        if (!ZooCoordinates.isCoordinates(location)) {
            return Path.of(location);
        }
        ZooCoordinates asked = ZooCoordinates.parse(location);
        return Zoo.configured().fetch(asked.task().isPresent() ? asked : asked.withTask(task));
    }

    /**
     * Returns the folder with the files.
     *
     * @return a folder; temporary if the archive is a zip
     */
    public Path directory() {
        return opened.directory();
    }

    /**
     * Returns the manifest of the archive: its name, version, task, precision and files.
     *
     * @return the manifest
     */
    public Manifest manifest() {
        return opened.manifest();
    }

    /**
     * Runs the golden texts of the archive on this JVM and compares the outputs with those of fp32 PyTorch. Tokens and
     * entities, or the outputs of another task, must be equal; logits must be within the tolerance of the archive's
     * precision.
     *
     * @return the comparison, with the first divergence if there is one
     * @throws org.djlift.archive.ArchiveException if a golden text cannot be run
     * @throws IOException if the model or the golden files cannot be read
     */
    public SelfTest selfTest() throws IOException {
        return opened.naming(() -> Tasks.selfTest(manifest(), directory()));
    }

    /** Removes the temporary folder, if there is one. */
    @Override
    public void close() {
        opened.close();
    }

    @Override
    public String toString() {
        return opened.toString();
    }
}
