package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;
import org.djlift.internal.base.Limits;
import org.djlift.internal.base.Printable;
import org.djlift.internal.base.StrictJson;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the files of an unpacked archive may say, looked at before anything uses them: the rules of contents.py, in the
 * same order.
 *
 * <p>The hashes of a manifest prove that the files are those of whoever wrote the manifest, not that they mean well.
 */
public final class Contents {

    /** Most tokens of a vocabulary: decoding holds a table as long as the largest id. */
    private static final long IDS = 1 << 24;

    private static final int LABELS = 1 << 16;
    private static final long PADDED = 1 << 20;
    private static final List<String> LENGTHS =
            List.of("max_length", "stride", "pad_to_multiple_of", "pad_id", "pad_type_id");

    private final Path folder;
    private final String archive;
    private String where;

    private Contents(Path folder, String archive) {
        this.folder = folder;
        this.archive = archive;
    }

    /**
     * Looks through the files of an archive that are there; which must be there, others say.
     *
     * @param archive the archive, as messages name it
     * @throws ArchiveException for the first file that no djlift archive holds
     */
    public static void check(Path folder, String archive) throws IOException {
        new Contents(folder, archive).check();
    }

    private void check() throws IOException {
        if (has("model.onnx")) {
            OnnxWire.check(folder.resolve("model.onnx"), where);
        }
        if (has("serving.properties")) {
            ServingProperties.check(limited("serving.properties", Limits.TEXT), where);
        }
        int labels = has("config.json") ? labels(object("config.json")) : -1;
        long vocabulary = has("tokenizer.json") ? vocabulary(object("tokenizer.json")) : -1;
        if (has("tokenizer_config.json")) {
            object("tokenizer_config.json");
        }
        EmbeddingForm.read(folder, archive);
        if (has("golden/cases.jsonl")) {
            GoldenForm.check(folder.resolve("golden"), vocabulary, labels, archive);
        }
    }

    private boolean has(String name) {
        where = archive + "!" + name;
        return Files.isRegularFile(folder.resolve(name));
    }

    private byte[] limited(String name, long limit) throws IOException {
        long size = Files.size(folder.resolve(name));
        if (size > limit) {
            throw new ArchiveException(Refusal.TOO_LARGE, where, "at most " + limit + " bytes", size + " bytes");
        }
        return Files.readAllBytes(folder.resolve(name));
    }

    private Map<?, ?> object(String name) throws IOException {
        Object json;
        try {
            json = StrictJson.parse(limited(name, Limits.TEXT));
        } catch (IllegalArgumentException e) {
            throw new ArchiveException(Refusal.JSON, where, "JSON", e.getMessage(), e);
        }
        if (!(json instanceof Map)) {
            throw new ArchiveException(Refusal.JSON, where, "a JSON object", "another value");
        }
        return (Map<?, ?>) json;
    }

    private int labels(Map<?, ?> config) throws ArchiveException {
        Object named = config.get("id2label");
        if (named == null) {
            return -1;
        }
        Map<?, ?> labels = named instanceof Map ? (Map<?, ?>) named : Map.of();
        boolean good = named instanceof Map
                && labels.size() <= LABELS
                && labels.values().stream().allMatch(String.class::isInstance);
        for (int i = 0; good && i < labels.size(); i++) {
            good = labels.containsKey(Integer.toString(i));
        }
        if (!good) {
            String expected = "id2label from 0, at most " + LABELS + " texts";
            throw new ArchiveException(Refusal.CONFIG, where, expected, "another");
        }
        return labels.size();
    }

    /** One more than the largest id that tokenizer.json names. */
    private long vocabulary(Map<?, ?> json) throws ArchiveException {
        require(json.get("model") instanceof Map, "a model", "none");
        Object words = ((Map<?, ?>) json.get("model")).get("vocab");
        long largest = -1;
        if (words instanceof Map) {
            for (Object id : ((Map<?, ?>) words).values()) {
                largest = Math.max(largest, number(id, IDS, "ids"));
            }
        } else {
            require(words instanceof List, "a vocabulary", "none");
            for (Object piece : (List<?>) words) {
                List<?> pair = piece instanceof List ? (List<?>) piece : List.of();
                boolean good = pair.size() == 2 && pair.get(0) instanceof String && pair.get(1) instanceof Number;
                require(good, "pieces with a score", "others");
            }
            largest = ((List<?>) words).size() - 1L;
        }
        Object added = json.get("added_tokens");
        require(added == null || added instanceof List, "a list of added tokens", "another value");
        for (Object token : added == null ? List.of() : (List<?>) added) {
            boolean good = token instanceof Map && ((Map<?, ?>) token).get("content") instanceof String;
            require(good, "added tokens with id and content", "others");
            largest = Math.max(largest, number(((Map<?, ?>) token).get("id"), IDS, "ids"));
        }
        room(json.get("truncation"));
        room(json.get("padding"));
        return largest + 1;
    }

    /** Lengths to which every text would be cut or filled. */
    private void room(Object data) throws ArchiveException {
        if (data == null) {
            return;
        }
        require(data instanceof Map, "truncation and padding as objects", "another value");
        for (String name : LENGTHS) {
            Object length = ((Map<?, ?>) data).get(name);
            if (length != null) {
                number(length, name.equals("pad_to_multiple_of") ? PADDED : IDS, name);
            }
        }
        Object strategy = ((Map<?, ?>) data).get("strategy");
        if (strategy instanceof Map) {
            for (Object length : ((Map<?, ?>) strategy).values()) {
                number(length, PADDED, "strategy");
            }
        }
    }

    private long number(Object value, long limit, String what) throws ArchiveException {
        boolean good = value instanceof BigInteger
                && ((BigInteger) value).signum() >= 0
                && ((BigInteger) value).compareTo(BigInteger.valueOf(limit)) < 0;
        require(good, what + " from 0 to " + (limit - 1), String.valueOf(value));
        return ((BigInteger) value).longValue();
    }

    private void require(boolean good, String expected, String found) throws ArchiveException {
        if (!good) {
            throw new ArchiveException(Refusal.TOKENIZER, where, expected, Printable.text(found));
        }
    }
}
