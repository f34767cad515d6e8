package org.djlift.support;

import org.djlift.archive.Manifest;
import org.djlift.internal.base.FileHash;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Zips of the tests, with their sizes in the headers, as djlift writes them. */
public final class Zips {

    private Zips() {}

    /** Writes a zip of files by name; a name with a slash at its end is a folder. */
    public static Path write(Path target, Map<String, byte[]> files) throws IOException {
        try (OutputStream file = Files.newOutputStream(target);
                ZipOutputStream out = new ZipOutputStream(file)) {
            out.setMethod(ZipOutputStream.STORED);
            for (Map.Entry<String, byte[]> one : files.entrySet()) {
                byte[] data = one.getKey().endsWith("/") ? new byte[0] : one.getValue();
                CRC32 crc = new CRC32();
                crc.update(data);
                ZipEntry entry = new ZipEntry(one.getKey());
                entry.setSize(data.length);
                entry.setCrc(crc.getValue());
                out.putNextEntry(entry);
                out.write(data);
                out.closeEntry();
            }
        }
        return target;
    }

    /** Writes the zip of an archive of which a file was changed, with a manifest that says so. */
    public static Path resealed(Path target, Map<String, byte[]> files, String changed) throws IOException {
        byte[] data = files.get(changed);
        try {
            String sha256 = FileHash.hex(MessageDigest.getInstance("SHA-256").digest(data));
            String manifest = new String(files.get(Manifest.FILE), StandardCharsets.UTF_8)
                    .replaceFirst(
                            "(\"" + Pattern.quote(changed)
                                    + "\": \\{\\s*\"sha256\": \")[0-9a-f]{64}(\",\\s*\"size\": )\\d+",
                            "$1" + sha256 + "$2" + data.length);
            files.put(Manifest.FILE, sealed(manifest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        return write(target, files);
    }

    /** A manifest with its digest put right. */
    public static byte[] sealed(String manifest) throws NoSuchAlgorithmException {
        String zeroed = manifest.replaceFirst("\"digest\": \"[0-9a-f]{64}\"", "\"digest\": \"" + "0".repeat(64) + "\"");
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(zeroed.getBytes(StandardCharsets.UTF_8));
        return zeroed.replaceFirst("0{64}", FileHash.hex(digest)).getBytes(StandardCharsets.UTF_8);
    }
}
