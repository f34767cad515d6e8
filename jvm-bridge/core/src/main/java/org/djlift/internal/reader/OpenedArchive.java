package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.archive.Refusal;
import org.djlift.archive.SignatureRefusedException;
import org.djlift.internal.base.AutoRemoved;
import org.djlift.internal.base.FileHash;
import org.djlift.internal.base.Limits;
import org.djlift.internal.base.Printable;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipException;

/**
 * The body of {@link org.djlift.Archive}: opens one, checks it, and names it in what fails while it is used.
 */
public final class OpenedArchive implements AutoCloseable {

    private static final int BLOCK = 1 << 16;

    /** At the start of a line, where no string can stand: a nested field of that name is another one. */
    private static final Pattern DIGEST =
            Pattern.compile("^  \"digest\": \"([0-9a-f]{64})\"", Pattern.MULTILINE | Pattern.UNIX_LINES);

    /** What the caller has given: a zip, or the folder itself. */
    private final Path given;

    private final Path directory;
    private final Manifest manifest;
    private final AutoRemoved temporary;

    /** @param temporary what removes the folder; null if it is to stay */
    private OpenedArchive(Path given, Path directory, Manifest manifest, AutoRemoved temporary) {
        this.given = given;
        this.directory = directory;
        this.manifest = manifest;
        this.temporary = temporary;
    }

    /** Opens an archive: a zip, or a folder with the files of one. */
    public static OpenedArchive open(Path path) throws IOException {
        return open(path, (ArchiveSignature) null);
    }

    /** Opens an archive that a trusted key has signed, with the signature that lies beside it. */
    public static OpenedArchive open(Path path, Path trustKey) throws IOException {
        return open(path, trustKey, ArchiveSignature.beside(path));
    }

    /** Opens an archive that a trusted key has signed. */
    public static OpenedArchive open(Path path, Path trustKey, Path signature) throws IOException {
        return open(path, ArchiveSignature.of(signature, trustKey));
    }

    /** @param signature what must vouch for the files; null for no demand */
    private static OpenedArchive open(Path path, ArchiveSignature signature) throws IOException {
        if (Files.isDirectory(path)) {
            try {
                return ofFolder(path, signature);
            } catch (UncheckedIOException e) {
                throw unreadable(path, e.getCause());
            } catch (FileSystemException e) {
                throw unreadable(path, e);
            }
        }
        if (!Files.isRegularFile(path)) {
            throw new ArchiveException(
                    Refusal.ABSENT, path.toString(), "a djlift archive (.zip) or a folder with its files", "nothing");
        }
        try (StrictZip zip = StrictZip.open(path)) {
            return ofZip(zip, path, signature);
        } catch (ArchiveException e) {
            throw e;
        } catch (ZipException | EOFException | InvalidPathException e) {
            throw new ArchiveException(
                    Refusal.NOT_A_ZIP, path.toString(), "a whole zip file", String.valueOf(e.getMessage()), e);
        }
    }

    /** The folder with the files; temporary if the archive is a zip. */
    public Path directory() {
        return directory;
    }

    public Manifest manifest() {
        return manifest;
    }

    /** Work with the model of an archive. */
    public interface Work<T> {

        T done() throws IOException;
    }

    /**
     * Does work with the model. What fails, in ONNX Runtime too, names the archive in place of the temporary folder,
     * which says nothing to anybody.
     */
    public <T> T naming(Work<T> work) throws IOException {
        try {
            return work.done();
        } catch (IOException e) {
            throw named(e);
        } catch (RuntimeException e) {
            throw named(e);
        }
    }

    /** Removes the temporary folder, if there is one. */
    @Override
    public void close() {
        if (temporary != null) {
            temporary.close();
        }
    }

    @Override
    public String toString() {
        return manifest + " at " + given;
    }

    /** What the caller has given, for messages. */
    public Path given() {
        return given;
    }

    private IOException named(IOException e) {
        if (temporary == null || e.getMessage() == null || !e.getMessage().contains(directory.toString())) {
            return e;
        }
        if (e.getClass() == ArchiveException.class) {
            ArchiveException of = (ArchiveException) e;
            return new ArchiveException(of.refusal(), named(of.file()), named(of.expected()), named(of.found()), e);
        }
        return new IOException(named(e.getMessage()), e);
    }

    private RuntimeException named(RuntimeException e) {
        if (temporary == null || e.getMessage() == null || !e.getMessage().contains(directory.toString())) {
            return e;
        }
        return e instanceof IllegalArgumentException
                ? new IllegalArgumentException(named(e.getMessage()), e)
                : new IllegalStateException(named(e.getMessage()), e);
    }

    private String named(String message) {
        String folder = directory.toString();
        return message.replace(folder + directory.getFileSystem().getSeparator(), given + "!")
                .replace(folder, given.toString());
    }

    private static OpenedArchive ofFolder(Path folder, ArchiveSignature signature) throws IOException {
        Path file = folder.resolve(Manifest.FILE);
        if (!Files.isRegularFile(file)) {
            throw new ArchiveException(
                    Refusal.NO_MANIFEST, folder.toString(), Manifest.FILE + " at its top", listed(folder));
        }
        if (Files.size(file) > Limits.MANIFEST) {
            throw new ArchiveException(
                    Refusal.TOO_LARGE,
                    file.toString(),
                    "at most " + Limits.MANIFEST + " bytes",
                    Files.size(file) + " bytes");
        }
        byte[] bytes = Files.readAllBytes(file);
        Manifest manifest = manifest(bytes, file.toString());
        Set<String> found = new TreeSet<>();
        // A walk does not enter a link, not even the one it starts at.
        Path real = folder.toRealPath();
        try (Stream<Path> walk = Files.walk(real)) {
            List<Path> files = walk.filter(p -> !Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS))
                    .collect(Collectors.toList());
            for (Path path : files) {
                String name = real.relativize(path)
                        .toString()
                        .replace(path.getFileSystem().getSeparator(), "/");
                found.add(name);
                Manifest.FileRecord record = manifest.files().get(name);
                if (record != null) {
                    try (InputStream in = Files.newInputStream(path)) {
                        String where = path.toString();
                        check(copy(in, OutputStream.nullOutputStream(), record, where), record, where);
                    }
                }
            }
        }
        EntryName names = new EntryName();
        for (String name : found) {
            names.check(name, folder.toString());
        }
        complete(found, manifest, folder.toString());
        confirm(signature, manifest, bytes, folder);
        Contents.check(folder, folder.toString());
        return new OpenedArchive(folder, folder.toAbsolutePath(), manifest, null);
    }

    private static OpenedArchive ofZip(StrictZip zip, Path path, ArchiveSignature signature) throws IOException {
        Map<String, StrictZip.Entry> entries = zip.entries();
        StrictZip.Entry first = entries.get(Manifest.FILE);
        if (first == null) {
            String found =
                    entries.keySet().stream().map(Printable::text).limit(6).collect(Collectors.joining(", "));
            throw new ArchiveException(
                    Refusal.NO_MANIFEST,
                    path.toString(),
                    Manifest.FILE + " at its top",
                    found.isEmpty() ? "an empty zip" : found);
        }
        byte[] bytes;
        try (InputStream in = zip.read(first)) {
            bytes = in.readAllBytes();
        }
        Manifest manifest = manifest(bytes, path + "!" + Manifest.FILE);
        complete(entries.keySet(), manifest, path.toString());
        confirm(signature, manifest, bytes, path);
        // Before a byte is written, so that no more is than the headers and the manifest both announce.
        for (Map.Entry<String, Manifest.FileRecord> listed : manifest.files().entrySet()) {
            long size = entries.get(listed.getKey()).size;
            if (size != listed.getValue().size()) {
                throw new ArchiveException(
                        Refusal.ALTERED,
                        path + "!" + listed.getKey(),
                        listed.getValue().size() + " bytes",
                        size + " bytes");
            }
        }

        AutoRemoved temporary = AutoRemoved.folder("djlift-");
        Path folder = temporary.path();
        try {
            Files.write(folder.resolve(Manifest.FILE), bytes);
            for (Map.Entry<String, Manifest.FileRecord> listed :
                    manifest.files().entrySet()) {
                String where = path + "!" + listed.getKey();
                Path target = folder.resolve(listed.getKey());
                Files.createDirectories(target.getParent());
                try (InputStream in = zip.read(entries.get(listed.getKey()));
                        OutputStream out = Files.newOutputStream(target)) {
                    check(copy(in, out, listed.getValue(), where), listed.getValue(), where);
                }
            }
            Contents.check(folder, path.toString());
            return new OpenedArchive(path, folder, manifest, temporary);
        } catch (IOException | RuntimeException | Error e) {
            temporary.close();
            throw e;
        }
    }

    private static Manifest manifest(byte[] bytes, String file) throws ArchiveException {
        Manifest manifest = Manifest.parse(bytes, file);
        String[] digests = digests(bytes, FileHash.newSha256());
        if (!digests[0].equals(digests[1])) {
            throw new ArchiveException(Refusal.ALTERED, file, "digest " + digests[0], "digest " + digests[1]);
        }
        return manifest;
    }

    /** The digest that the bytes state, and the one that they have: the same unless the manifest was altered. */
    private static String[] digests(byte[] bytes, MessageDigest sha256) {
        // Latin-1 keeps every byte in its place.
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Matcher matcher = DIGEST.matcher(text);
        if (!matcher.find()) {
            return new String[] {"absent", FileHash.hex(sha256.digest(bytes))};
        }
        String zeroed = text.substring(0, matcher.start(1)) + "0".repeat(64) + text.substring(matcher.end(1));
        return new String[] {matcher.group(1), FileHash.hex(sha256.digest(zeroed.getBytes(StandardCharsets.ISO_8859_1)))
        };
    }

    private static void complete(Set<String> found, Manifest manifest, String where) throws ArchiveException {
        for (String name : manifest.files().keySet()) {
            if (!found.contains(name)) {
                String file = where + "!" + Printable.text(name);
                throw new ArchiveException(Refusal.ALTERED, file, "a file of the manifest", "no such file");
            }
        }
        for (String name : found) {
            if (!name.equals(Manifest.FILE) && !manifest.files().containsKey(name)) {
                throw new ArchiveException(
                        Refusal.ALTERED,
                        where + "!" + name,
                        "files of the manifest only",
                        "a file that the manifest does not list");
            }
        }
    }

    /** The files are, or are about to be, held to the manifest: so the signature is held against that. */
    private static void confirm(ArchiveSignature signature, Manifest manifest, byte[] bytes, Path where)
            throws SignatureRefusedException {
        if (signature != null) {
            Map<String, String> digests = new TreeMap<>();
            manifest.files().forEach((name, record) -> digests.put(name, record.sha256()));
            digests.put(Manifest.FILE, FileHash.sha256(bytes));
            signature.confirm(digests, where);
        }
    }

    /** Copies at most what the manifest allows and answers the SHA-256 of it. */
    private static String copy(InputStream in, OutputStream out, Manifest.FileRecord record, String where)
            throws IOException {
        MessageDigest sha256 = FileHash.newSha256();
        byte[] block = new byte[BLOCK];
        long size = 0;
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
            size += n;
            if (size > record.size()) {
                throw new ArchiveException(Refusal.ALTERED, where, record.size() + " bytes", "more");
            }
            sha256.update(block, 0, n);
            out.write(block, 0, n);
        }
        if (size < record.size()) {
            throw new ArchiveException(Refusal.ALTERED, where, record.size() + " bytes", size + " bytes");
        }
        return FileHash.hex(sha256.digest());
    }

    private static void check(String sha256, Manifest.FileRecord record, String where) throws ArchiveException {
        if (!sha256.equals(record.sha256())) {
            throw new ArchiveException(Refusal.ALTERED, where, "SHA-256 " + record.sha256(), "SHA-256 " + sha256);
        }
    }

    /** What the file system says of a folder that cannot be walked, or of a file in it that cannot be read. */
    private static ArchiveException unreadable(Path folder, IOException e) {
        return new ArchiveException(folder.toString(), "files and folders that can be read", e.toString(), e);
    }

    private static String listed(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            String names =
                    files.map(p -> p.getFileName().toString()).sorted().limit(6).collect(Collectors.joining(", "));
            return names.isEmpty() ? "an empty folder" : names;
        }
    }
}
