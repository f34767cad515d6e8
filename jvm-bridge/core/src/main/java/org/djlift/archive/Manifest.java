package org.djlift.archive;

import org.djlift.internal.base.Names;
import org.djlift.internal.base.Printable;
import org.djlift.internal.base.StrictJson;
import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The manifest of an archive, which is its file {@code djlift.json}. */
public final class Manifest {

    /** Name of the manifest within an archive. */
    public static final String FILE = "djlift.json";

    /** The newest format that this version reads. */
    public static final int FORMAT = 1;

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern VERSION = Pattern.compile("[0-9]+(\\.[0-9]+){0,3}");
    private static final Pattern APPLICATION = Pattern.compile("[a-z0-9_-]+(/[a-z0-9_-]+)*");
    private static final List<String> OBJECTS = List.of("source", "target", "tools", "graph", "model", "golden");
    private static final List<String> OPTIONAL_OBJECTS = List.of("parity", "accuracy");

    private final int format;
    private final String group;
    private final String name;
    private final String version;
    private final String precision;
    private final String task;
    private final Map<String, FileRecord> files;
    private final Map<?, ?> parity;

    private Manifest(Fields fields, int format, Map<String, FileRecord> files) throws ArchiveException {
        this.format = format;
        this.group = fields.part("group", Names.GROUP);
        this.name = fields.part("name", Names.NAME);
        this.version = fields.part("version", VERSION);
        this.precision = fields.part("precision", Names.NAME);
        this.task = fields.text("task");
        this.files = Collections.unmodifiableMap(files);
        this.parity = fields.json.get("parity") == null ? Map.of() : fields.object("parity");
        fields.part("application", APPLICATION);
        if (fields.json.get("licence") != null) {
            fields.text("licence");
        }
        for (String key : OBJECTS) {
            fields.object(key);
        }
        for (String key : OPTIONAL_OBJECTS) {
            if (fields.json.get(key) != null) {
                fields.object(key);
            }
        }
    }

    /**
     * Reads a manifest.
     *
     * @param bytes those of {@link #FILE}
     * @param file what to call it in an error
     * @return the manifest; whether the files are as it says is for {@link org.djlift.Archive} to see
     * @throws ArchiveException if it is none, or of a newer format
     */
    public static Manifest parse(byte[] bytes, String file) throws ArchiveException {
        Object json;
        try {
            json = StrictJson.parse(bytes);
        } catch (IllegalArgumentException e) {
            String found = "something else (" + e.getMessage() + ")";
            throw new ArchiveException(Refusal.MANIFEST, file, "a djlift manifest", found, e);
        }
        if (!(json instanceof Map)) {
            throw new ArchiveException(Refusal.MANIFEST, file, "a djlift manifest", "JSON that is no object");
        }
        Fields fields = new Fields((Map<?, ?>) json, file);
        Object format = fields.json.get("format");
        if (!(format instanceof BigInteger) || ((BigInteger) format).signum() < 1) {
            throw new ArchiveException(Refusal.MANIFEST, file, "format " + FORMAT, "format " + shortened(format));
        }
        if (((BigInteger) format).compareTo(BigInteger.valueOf(FORMAT)) > 0) {
            throw new ArchiveException(
                    Refusal.NEWER_FORMAT, file, "format " + FORMAT + " or lower", "format " + shortened(format));
        }
        Map<String, FileRecord> files = new TreeMap<>();
        for (Map.Entry<?, ?> entry : fields.object("files").entrySet()) {
            files.put((String) entry.getKey(), record((String) entry.getKey(), entry.getValue(), file));
        }
        return new Manifest(fields, ((BigInteger) format).intValue(), files);
    }

    private static FileRecord record(String name, Object value, String file) throws ArchiveException {
        Map<?, ?> record = value instanceof Map ? (Map<?, ?>) value : Map.of();
        Object sha256 = record.get("sha256");
        Object size = record.get("size");
        if (sha256 instanceof String
                && SHA256.matcher((String) sha256).matches()
                && size instanceof BigInteger
                && ((BigInteger) size).signum() >= 0
                && ((BigInteger) size).bitLength() < Long.SIZE) {
            return new FileRecord((String) sha256, ((BigInteger) size).longValue());
        }
        String expected = "sha256 and size for '" + Printable.text(name) + "'";
        throw new ArchiveException(Refusal.MANIFEST, file, expected, shortened(value));
    }

    private static String shortened(@Nullable Object value) {
        return Printable.text(String.valueOf(value));
    }

    /**
     * Returns the version of the archive format.
     *
     * @return the format, at most {@link #FORMAT}
     */
    public int format() {
        return format;
    }

    /**
     * Returns the group of the model in a zoo.
     *
     * @return the group
     */
    public String group() {
        return group;
    }

    /**
     * Returns the name of the model.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * Returns the version of the model.
     *
     * @return the version
     */
    public String version() {
        return version;
    }

    /**
     * Returns the precision of the graph.
     *
     * @return {@code fp32}, {@code fp16} or {@code int8}
     */
    public String precision() {
        return precision;
    }

    /**
     * Returns the task of the model.
     *
     * @return the task as Hugging Face names it, such as {@code token-classification}
     */
    public String task() {
        return task;
    }

    /**
     * Returns every file of the archive but the manifest itself.
     *
     * @return sizes and hashes by name, sorted, unmodifiable
     */
    public Map<String, FileRecord> files() {
        return files;
    }

    /**
     * Returns what the build's own proof found.
     *
     * @return the JSON object as it stands in the file; empty if nothing is recorded
     */
    public Map<?, ?> parity() {
        return parity;
    }

    @Override
    public String toString() {
        return group + ":" + name + ":" + version + ":" + precision;
    }

    /** The fields as they stand in the file. */
    private static final class Fields {

        private final Map<?, ?> json;
        private final String file;

        Fields(Map<?, ?> json, String file) {
            this.json = json;
            this.file = file;
        }

        String text(String key) throws ArchiveException {
            Object value = json.get(key);
            if (!(value instanceof String)) {
                throw new ArchiveException(Refusal.MANIFEST, file, "'" + key + "' as text", shortened(value));
            }
            return (String) value;
        }

        /** A text that becomes a folder or file of a zoo. */
        String part(String key, Pattern form) throws ArchiveException {
            String value = text(key);
            if (!form.matcher(value).matches()) {
                String expected = "'" + key + "' as part of a path in a zoo";
                throw new ArchiveException(Refusal.MANIFEST, file, expected, shortened(value));
            }
            return value;
        }

        Map<?, ?> object(String key) throws ArchiveException {
            Object value = json.get(key);
            if (!(value instanceof Map)) {
                throw new ArchiveException(Refusal.MANIFEST, file, "'" + key + "' as an object", shortened(value));
            }
            return (Map<?, ?>) value;
        }
    }

    /** Size and SHA-256 of one file of an archive. */
    public static final class FileRecord {

        private final String sha256;
        private final long size;

        FileRecord(String sha256, long size) {
            this.sha256 = sha256;
            this.size = size;
        }

        /**
         * Returns the SHA-256 of the file.
         *
         * @return 64 hexadecimal digits, in lower case
         */
        public String sha256() {
            return sha256;
        }

        /**
         * Returns the size of the file.
         *
         * @return bytes
         */
        public long size() {
            return size;
        }
    }
}
