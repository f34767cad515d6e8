package org.djlift.internal.reader;

import org.djlift.archive.SignatureRefusedException;
import org.djlift.internal.base.FileHash;
import org.djlift.internal.base.Printable;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A P-256 public key whose signatures are believed: PEM as {@code openssl ec -pubout} writes it.
 *
 * <p>As {@code djlift.archive.signature.TrustedKey} in Python, rule by rule.
 */
final class TrustedKey {

    private static final int FILE_LIMIT = 1 << 14;
    private static final Pattern PEM =
            Pattern.compile("\\s*-----BEGIN PUBLIC KEY-----\\s([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----\\s*");
    /** SubjectPublicKeyInfo of a point on P-256 that is written out: the bytes before x and y. */
    private static final String P256 = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";

    private static final int P256_SIZE = 91;
    private static final String PRIME = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    private static final String B = "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b";
    private static final String ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

    private final Path file;
    private final byte[] der;
    private final PublicKey key;

    private TrustedKey(Path file, byte[] der, PublicKey key) {
        this.file = file;
        this.der = der;
        this.key = key;
    }

    /** @throws SignatureRefusedException if it is no file, no PEM or no point on P-256 */
    static TrustedKey read(Path file) throws SignatureRefusedException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(FILE_LIMIT);
        } catch (IOException e) {
            throw unusable(file, "no readable file");
        }
        Matcher pem = PEM.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
        if (!pem.matches()) {
            throw unusable(file, "something else");
        }
        try {
            byte[] der = ArchiveSignature.base64(pem.group(1).replaceAll("\\s", ""));
            if (der.length != P256_SIZE || !FileHash.hex(der).startsWith(P256)) {
                throw new IllegalArgumentException("another kind of key, or another curve");
            }
            ECPublicKey key = (ECPublicKey) KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(der));
            if (!isOnCurve(key.getW())) {
                throw new IllegalArgumentException("a point that is not on the curve");
            }
            return new TrustedKey(file, der, key);
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw unusable(file, Printable.text(String.valueOf(e.getMessage())));
        }
    }

    Path file() {
        return file;
    }

    /** What a signature names its key by: the SHA-256 of the PEM. */
    String fingerprint() {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        String pem = "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n";
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return FileHash.hex(sha256.digest(pem.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Whether ECDSA with SHA-256 holds over some bytes. */
    boolean holds(byte[] signature, byte[] signed) {
        // Some releases of Java take zeros (CVE-2022-21449).
        if (!isWhole(signature)) {
            return false;
        }
        try {
            Signature ecdsa = Signature.getInstance("SHA256withECDSA");
            ecdsa.initVerify(key);
            ecdsa.update(signed);
            return ecdsa.verify(signature);
        } catch (SignatureException e) {
            return false;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has ECDSA over P-256", e);
        }
    }

    /** A DER sequence of two numbers, each in its one spelling and from 1 to below the curve's order. */
    private static boolean isWhole(byte[] der) {
        if (der.length < 2 || der[0] != 0x30 || der[1] != der.length - 2) {
            return false;
        }
        BigInteger order = new BigInteger(ORDER, 16);
        int at = 2;
        for (int number = 0; number < 2; number++) {
            if (at + 2 > der.length || der[at] != 0x02 || der[at + 1] < 1 || at + 2 + der[at + 1] > der.length) {
                return false;
            }
            byte[] bytes = Arrays.copyOfRange(der, at + 2, at + 2 + der[at + 1]);
            BigInteger value = new BigInteger(bytes);
            if (value.signum() < 1 || value.compareTo(order) >= 0 || !Arrays.equals(value.toByteArray(), bytes)) {
                return false;
            }
            at += 2 + bytes.length;
        }
        return at == der.length;
    }

    /** Java takes any two numbers for a point. */
    private static boolean isOnCurve(ECPoint point) {
        BigInteger x = point.getAffineX();
        BigInteger y = point.getAffineY();
        BigInteger prime = new BigInteger(PRIME, 16);
        BigInteger right = x.pow(3)
                .subtract(x.multiply(BigInteger.valueOf(3)))
                .add(new BigInteger(B, 16))
                .mod(prime);
        return x.compareTo(prime) < 0
                && y.compareTo(prime) < 0
                && y.pow(2).mod(prime).equals(right);
    }

    private static SignatureRefusedException unusable(Path file, String found) {
        return new SignatureRefusedException(
                "key-unusable", file.toString(), "a P-256 public key in PEM (BEGIN PUBLIC KEY)", found);
    }
}
