package org.djlift.internal.base;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Size and hashes of a file as it is now; it is read once. */
public final class FileHash {

    private static final int BLOCK = 1 << 16;

    private final long size;
    private final String sha256;
    private final String sha1;

    private FileHash(long size, String sha256, String sha1) {
        this.size = size;
        this.sha256 = sha256;
        this.sha1 = sha1;
    }

    /** @param withSha1 whether SHA-1 is wanted too, which only zoos without SHA-256 need */
    public static FileHash of(Path file, boolean withSha1) throws IOException {
        MessageDigest sha256 = newSha256();
        MessageDigest sha1 = withSha1 ? digest("SHA-1") : null;
        byte[] block = new byte[BLOCK];
        long size = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                size += n;
                sha256.update(block, 0, n);
                if (sha1 != null) {
                    sha1.update(block, 0, n);
                }
            }
        }
        return new FileHash(size, hex(sha256.digest()), sha1 == null ? null : hex(sha1.digest()));
    }

    public static String sha256(byte[] bytes) {
        return hex(newSha256().digest(bytes));
    }

    /** Bytes as hexadecimal digits in lower case. */
    public static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte b : bytes) {
            text.append(Character.forDigit((b >> 4) & 0xF, 16)).append(Character.forDigit(b & 0xF, 16));
        }
        return text.toString();
    }

    public static MessageDigest newSha256() {
        return digest("SHA-256");
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }

    public long size() {
        return size;
    }

    public String sha256() {
        return sha256;
    }

    /** Null if it was not wanted. */
    public String sha1() {
        return sha1;
    }
}
