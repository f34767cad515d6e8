package org.djlift.zoo;

import org.djlift.archive.Manifest;
import org.djlift.internal.base.FileHash;
import org.djlift.internal.base.Printable;
import org.djlift.internal.tasks.Applications;
import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** An archive that a zoo lists: which model it is, and what its zip must be to the last bit. */
public final class ZooArtifact {

    private static final Pattern PART = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,254}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");

    private final ZooCoordinates coordinates;
    private final String application;
    private final boolean yanked;
    private final String uri;
    private final @Nullable String signature;
    final @Nullable String sha256;
    private final @Nullable String sha1;
    private final long size;

    /**
     * @param coordinates with the artifact's own version and precision
     * @param application the application that the metadata lies in
     * @param json the artifact as metadata.json has it
     * @param where the metadata, for messages
     */
    ZooArtifact(ZooCoordinates coordinates, String application, boolean yanked, Map<?, ?> json, String where)
            throws ZooException {
        this.coordinates = coordinates;
        this.application = application;
        this.yanked = yanked;
        Map<?, ?> file = object(object(json, "files", where), "model", where);
        this.uri = relative(file.get("uri"), "uri", where);
        if (!uri.endsWith(".zip")) {
            throw wrong(where, "the uri of a .zip", uri);
        }
        Object signed = json.get("signature");
        this.signature = signed == null
                ? null
                : relative(signed instanceof Map ? ((Map<?, ?>) signed).get("uri") : signed, "signature", where);
        this.sha256 = file.get("sha256") == null ? null : text(file, "sha256", SHA256, where);
        this.sha1 = file.get("sha1Hash") == null ? null : text(file, "sha1Hash", SHA1, where);
        if (sha256 == null && sha1 == null) {
            throw wrong(where, "sha256, or sha1Hash in older zoos, of " + coordinates, "neither");
        }
        Object bytes = file.get("size");
        if (!(bytes instanceof BigInteger)
                || ((BigInteger) bytes).signum() <= 0
                || ((BigInteger) bytes).bitLength() >= Long.SIZE) {
            throw wrong(where, "the size of " + uri + " in bytes", String.valueOf(bytes));
        }
        this.size = ((BigInteger) bytes).longValue();
    }

    /**
     * Returns which model it is.
     *
     * @return the coordinates with the version and precision that the artifact has
     */
    public ZooCoordinates coordinates() {
        return coordinates;
    }

    /**
     * Returns whether the version was withdrawn: it is given only to those who name it.
     *
     * @return whether it is yanked
     */
    public boolean isYanked() {
        return yanked;
    }

    /**
     * Returns the SHA-256 of the zip.
     *
     * @return 64 hexadecimal digits; empty if the zoo is older and has only SHA-1
     */
    public Optional<String> sha256() {
        return Optional.ofNullable(sha256);
    }

    /**
     * Returns the size of the zip.
     *
     * @return bytes
     */
    public long size() {
        return size;
    }

    /**
     * Returns DJL's application, which the zoo keeps the model in.
     *
     * @return the application's path, such as {@code nlp/token_classification}
     */
    public String application() {
        return application;
    }

    /** The folder of the model within the zoo, with a slash at its end. */
    String folder() {
        return coordinates.folder(application);
    }

    /** Where the zip lies, from the folder of its metadata. */
    String uri() {
        return uri;
    }

    /** Where its detached signature lies, from the folder of its metadata; null if it has none. */
    @Nullable String signature() {
        return signature;
    }

    /** Refuses a zip of other hashes. */
    void mustHave(FileHash hash, String where, String mend) throws ZooException {
        String[][] pairs = {
            {Long.toString(size), Long.toString(hash.size()), "%s bytes"},
            {sha256, hash.sha256(), "SHA-256 %s"},
            // Only where there is nothing better.
            {sha256 == null ? sha1 : null, hash.sha1(), "SHA-1 %s"}
        };
        for (String[] pair : pairs) {
            if (pair[0] != null && !pair[0].equals(pair[1])) {
                throw new ZooException(
                        ZooException.Reason.REFUSED,
                        where,
                        String.format(pair[2], pair[0]) + " as metadata.json says",
                        String.format(pair[2], pair[1]),
                        mend);
            }
        }
    }

    /** Refuses the archive of another model, which a zoo may list by mistake or worse. */
    void mustBe(Manifest manifest, String where) throws ZooException {
        List<String> expected =
                Arrays.asList(coordinates.group(), coordinates.name(), coordinates.version, coordinates.precision);
        List<String> found = Arrays.asList(manifest.group(), manifest.name(), manifest.version(), manifest.precision());
        if (!found.equals(expected)) {
            throw new ZooException(
                    ZooException.Reason.REFUSED,
                    where,
                    "the archive of " + String.join(":", expected),
                    manifest.toString(),
                    "publish the archive again");
        }
        if (!Applications.holds(application, manifest.task())) {
            throw new ZooException(
                    ZooException.Reason.REFUSED,
                    where,
                    "a model of " + application + ", where the zoo lists it",
                    Printable.text(manifest.task()),
                    "publish the archive again");
        }
    }

    @Override
    public String toString() {
        return coordinates.toString();
    }

    private static Map<?, ?> object(Map<?, ?> json, String key, String where) throws ZooException {
        Object value = json.get(key);
        if (!(value instanceof Map)) {
            throw wrong(where, "'" + key + "' as an object", String.valueOf(value));
        }
        return (Map<?, ?>) value;
    }

    private static String text(Map<?, ?> json, String key, Pattern form, String where) throws ZooException {
        Object value = json.get(key);
        if (!(value instanceof String) || !form.matcher((String) value).matches()) {
            throw wrong(where, key + " as lower-case hexadecimal digits", String.valueOf(value));
        }
        return (String) value;
    }

    /** Only what lies below the metadata: neither another host nor a folder above. */
    private static String relative(@Nullable Object value, String key, String where) throws ZooException {
        String text = value instanceof String ? (String) value : "";
        String[] parts = text.split("/", -1);
        if (text.length() > 512
                || !Arrays.stream(parts).allMatch(p -> PART.matcher(p).matches())) {
            throw wrong(where, "'" + key + "' as a plain path below metadata.json", String.valueOf(value));
        }
        return text;
    }

    private static ZooException wrong(String where, String expected, String found) {
        return new ZooException(
                ZooException.Reason.REFUSED, where, expected, Printable.text(found), "publish the archive again");
    }
}
