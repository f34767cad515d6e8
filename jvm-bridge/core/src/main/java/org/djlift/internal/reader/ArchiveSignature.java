package org.djlift.internal.reader;

import org.djlift.archive.SignatureRefusedException;
import org.djlift.internal.base.FileHash;
import org.djlift.internal.base.Printable;
import org.djlift.internal.base.StrictJson;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A signature in the OpenSSF model-signing format that a trusted key made: a Sigstore bundle around a DSSE envelope
 * around an in-toto statement, which lists every file with its SHA-256.
 *
 * <p>As {@code djlift.archive.signature} in Python, rule by rule: what one refuses the other refuses with the same
 * code.
 */
final class ArchiveSignature {

    static final String SUFFIX = ".sig";

    private static final String BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
    private static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";
    private static final String STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
    private static final String PREDICATE_TYPE = "https://model_signing/signature/v1.0";
    private static final int LIMIT = 1 << 20;
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final Path file;
    private final Map<String, String> files;

    private ArchiveSignature(Path file, Map<String, String> files) {
        this.file = file;
        this.files = files;
    }

    /** Where the signature of an archive lies: beside it. */
    static Path beside(Path archive) {
        Path name = archive.toAbsolutePath().getFileName();
        return archive.resolveSibling((name == null ? "" : name) + SUFFIX);
    }

    /**
     * Reads a signature and believes it.
     *
     * @param file the bundle
     * @param trusted a public key in PEM
     * @throws SignatureRefusedException if there is none, or it is not a true one of that key
     */
    static ArchiveSignature of(Path file, Path trusted) throws SignatureRefusedException {
        TrustedKey key = TrustedKey.read(trusted);
        byte[] bytes = read(file);
        String hint;
        byte[] payload;
        byte[] signature;
        try {
            Map<?, ?> bundle =
                    object(StrictJson.parse(bytes), "a bundle", "mediaType", "verificationMaterial", "dsseEnvelope");
            same(bundle.get("mediaType"), BUNDLE_TYPE, "mediaType");
            Map<?, ?> material =
                    object(bundle.get("verificationMaterial"), "verificationMaterial", "publicKey", "tlogEntries");
            if (material.containsKey("tlogEntries") && !List.of().equals(material.get("tlogEntries"))) {
                throw new IllegalArgumentException("entries of a log (tlogEntries), which nobody checks here");
            }
            hint = sha256(object(material.get("publicKey"), "publicKey", "hint").get("hint"), "publicKey.hint");
            Map<?, ?> envelope =
                    object(bundle.get("dsseEnvelope"), "dsseEnvelope", "payload", "payloadType", "signatures");
            same(envelope.get("payloadType"), PAYLOAD_TYPE, "payloadType");
            payload = base64(envelope.get("payload"));
            Map<?, ?> signed = object(only(envelope.get("signatures"), "signatures"), "a signature", "sig", "keyid");
            if (signed.containsKey("keyid") && !(signed.get("keyid") instanceof String)) {
                throw new IllegalArgumentException("a keyid that is no text");
            }
            signature = base64(signed.get("sig"));
        } catch (IllegalArgumentException e) {
            throw unreadable(file, e.getMessage());
        }
        if (!hint.equals(key.fingerprint())) {
            throw new SignatureRefusedException(
                    "signature-other-key",
                    file.toString(),
                    "the key " + key.fingerprint() + " (" + trusted + ")",
                    "the key " + hint);
        }
        if (!key.holds(signature, preAuthenticated(payload))) {
            throw new SignatureRefusedException(
                    "signature-false",
                    file.toString(),
                    "a signature by " + trusted,
                    "one that does not verify: the statement or the signature was changed");
        }
        try {
            return new ArchiveSignature(file, statement(StrictJson.parse(payload)));
        } catch (IllegalArgumentException e) {
            throw unreadable(file, e.getMessage());
        }
    }

    /**
     * Holds an archive's files to the signature.
     *
     * @param found the SHA-256 of every file by its name, the manifest's own among them
     * @param archive where they are from
     * @throws SignatureRefusedException if one is missing, another one is there, or one is another
     */
    void confirm(Map<String, String> found, Path archive) throws SignatureRefusedException {
        TreeSet<String> names = new TreeSet<>(found.keySet());
        names.addAll(files.keySet());
        for (String name : names) {
            if (!found.containsKey(name) || !found.get(name).equals(files.get(name))) {
                throw new SignatureRefusedException(
                        "signature-other-files",
                        archive + "!" + Printable.text(name),
                        shown(files.get(name)) + " (" + file.getFileName() + ")",
                        shown(found.get(name)));
            }
        }
    }

    /** Base64 in its one spelling: decoders differ about bits and signs at the end. */
    static byte[] base64(Object value) {
        String text = value instanceof String ? (String) value : "?";
        byte[] data;
        try {
            data = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("no base64", e);
        }
        if (!Base64.getEncoder().encodeToString(data).equals(text)) {
            throw new IllegalArgumentException("base64 in another spelling");
        }
        return data;
    }

    private static byte[] read(Path file) throws SignatureRefusedException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(LIMIT + 1);
        } catch (IOException e) {
            throw new SignatureRefusedException(
                    "signature-absent", file.toString(), "a signature by the trusted key", "no readable file");
        }
        if (bytes.length > LIMIT) {
            throw unreadable(file, "more than " + LIMIT + " bytes");
        }
        return bytes;
    }

    /** DSSE's pre-authentication encoding: what is signed in place of the payload. */
    private static byte[] preAuthenticated(byte[] payload) {
        String head = "DSSEv1 " + PAYLOAD_TYPE.length() + " " + PAYLOAD_TYPE + " " + payload.length + " ";
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(payload);
        return out.toByteArray();
    }

    private static Map<String, String> statement(Object json) {
        Map<?, ?> statement = object(json, "a statement");
        same(statement.get("_type"), STATEMENT_TYPE, "_type");
        same(statement.get("predicateType"), PREDICATE_TYPE, "predicateType");
        Map<?, ?> predicate = object(statement.get("predicate"), "predicate");
        Map<?, ?> serialization = object(predicate.get("serialization"), "serialization");
        same(serialization.get("method"), "files", "serialization.method");
        same(serialization.get("hash_type"), "sha256", "serialization.hash_type");
        Map<String, String> files = new LinkedHashMap<>();
        MessageDigest root = FileHash.newSha256();
        for (Object one : list(predicate.get("resources"), "resources")) {
            Map<?, ?> resource = object(one, "a resource");
            same(resource.get("algorithm"), "sha256", "algorithm");
            Object name = resource.get("name");
            String digest = sha256(resource.get("digest"), "a resource");
            if (!(name instanceof String) || files.put((String) name, digest) != null) {
                throw new IllegalArgumentException("a resource without a name of its own");
            }
            for (int i = 0; i < digest.length(); i += 2) {
                root.update((byte) Integer.parseInt(digest.substring(i, i + 2), 16));
            }
        }
        Map<?, ?> subject = object(only(statement.get("subject"), "subject"), "a subject");
        same(
                object(subject.get("digest"), "digest").get("sha256"),
                FileHash.hex(root.digest()),
                "the subject's digest");
        return files;
    }

    private static Map<?, ?> object(Object value, String what) {
        if (!(value instanceof Map)) {
            throw new IllegalArgumentException(what + " is no object");
        }
        return (Map<?, ?>) value;
    }

    /** An object without other fields: what nobody reads could mean something to another reader. */
    private static Map<?, ?> object(Object value, String what, String... names) {
        if (!Set.of((Object[]) names).containsAll(object(value, what).keySet())) {
            throw new IllegalArgumentException(what + " has fields beside " + String.join(", ", names));
        }
        return (Map<?, ?>) value;
    }

    private static List<?> list(Object value, String what) {
        if (!(value instanceof List)) {
            throw new IllegalArgumentException("no " + what);
        }
        return (List<?>) value;
    }

    private static Object only(Object value, String what) {
        List<?> list = list(value, what);
        if (list.size() != 1) {
            throw new IllegalArgumentException("not exactly one of " + what);
        }
        return list.get(0);
    }

    private static void same(Object value, String expected, String what) {
        if (!expected.equals(value)) {
            throw new IllegalArgumentException(what + " is not " + expected);
        }
    }

    private static String sha256(Object value, String what) {
        if (!(value instanceof String) || !SHA256.matcher((String) value).matches()) {
            throw new IllegalArgumentException(what + " without a SHA-256");
        }
        return (String) value;
    }

    private static String shown(String digest) {
        return digest == null ? "no such file" : "SHA-256 " + digest;
    }

    private static SignatureRefusedException unreadable(Path file, String found) {
        return new SignatureRefusedException(
                "signature-unreadable",
                file.toString(),
                "an OpenSSF model signature: a Sigstore bundle v0.3 by a P-256 key",
                found);
    }
}
