package org.djlift;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** djlift.json: what an archive says about itself. */
public final class Manifest {

    /** Name of the manifest within an archive. */
    public static final String FILE = "djlift.json";

    /** The newest format that this version reads. */
    public static final int FORMAT = 1;

    private static final Pattern DIGEST = Pattern.compile("\"digest\": \"([0-9a-f]{64})\"");

    private final int format;
    private final String group;
    private final String name;
    private final String version;
    private final String precision;
    private final String task;
    private final Map<String, FileRecord> files;

    private Manifest(JsonObject json, int format, Map<String, FileRecord> files, String file) throws ArchiveException {
        this.format = format;
        this.group = text(json, "group", file);
        this.name = text(json, "name", file);
        this.version = text(json, "version", file);
        this.precision = text(json, "precision", file);
        this.task = text(json, "task", file);
        this.files = Collections.unmodifiableMap(files);
    }

    static Manifest parse(byte[] bytes, String file) throws ArchiveException {
        try {
            JsonObject json = JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8)).getAsJsonObject();
            int format = json.get("format").getAsInt();
            if (format < 1 || format > FORMAT) {
                throw new ArchiveException(file, "format " + FORMAT + " or lower", "format " + format);
            }
            Map<String, FileRecord> files = new TreeMap<>();
            for (Map.Entry<String, JsonElement> entry : json.getAsJsonObject("files").entrySet()) {
                JsonObject record = entry.getValue().getAsJsonObject();
                long size = record.get("size").getAsLong();
                if (size < 0) {
                    throw new ArchiveException(file, "a size for " + entry.getKey(), Long.toString(size));
                }
                files.put(entry.getKey(), new FileRecord(record.get("sha256").getAsString(), size));
            }
            return new Manifest(json, format, files, file);
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NullPointerException
                | NumberFormatException
                | UnsupportedOperationException
                | StackOverflowError e) {
            throw new ArchiveException(file, "a djlift manifest", "something else (" + e + ")", e);
        }
    }

    /** The digest that the bytes state, and the one that they have: the same unless the manifest was altered. */
    static String[] digests(byte[] bytes, MessageDigest sha256) {
        // Latin-1 keeps every byte in its place.
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Matcher matcher = DIGEST.matcher(text);
        if (!matcher.find()) {
            return new String[] {"absent", Archive.hex(sha256.digest(bytes))};
        }
        String zeroed = text.substring(0, matcher.start(1)) + "0".repeat(64) + text.substring(matcher.end(1));
        return new String[] {
            matcher.group(1), Archive.hex(sha256.digest(zeroed.getBytes(StandardCharsets.ISO_8859_1)))
        };
    }

    private static String text(JsonObject json, String key, String file) throws ArchiveException {
        JsonElement value = json.get(key);
        if (value == null || !value.isJsonPrimitive()) {
            throw new ArchiveException(file, "'" + key + "' as text", String.valueOf(value));
        }
        return value.getAsString();
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

    @Override
    public String toString() {
        return group + ":" + name + ":" + version + ":" + precision;
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
