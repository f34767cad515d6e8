package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;
import org.djlift.internal.base.Limits;
import org.djlift.internal.base.Printable;
import org.djlift.internal.base.StrictJson;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The form of the golden files, held before anything is compared: a golden case that lies proves nothing. The rules of
 * goldenform.py.
 */
public final class GoldenForm {

    private static final long INT = 1L << 31;
    /** Bytes of a safetensors header, as the library itself allows. */
    private static final long HEADER = 100_000_000;

    private static final Pattern STRIDE = Pattern.compile("plain|[0-9]{1,6}");
    /** Names of variants and of their windows, in archives of general tasks. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_=.-]{0,40}");

    private static final Set<String> STRATEGIES = Set.of("none", "simple", "first", "average", "max");
    private static final Set<String> INPUTS = Set.of("input_ids", "attention_mask", "token_type_ids");
    private static final Set<String> TENSOR = Set.of("dtype", "shape", "data_offsets");

    /** Characters of parameters that may stand around a text of a general task. */
    private static final int AROUND = 1 << 16;

    /** The file that is looked at. */
    private String where;

    private final String archive;
    private final long vocabulary;
    private Refusal refusal = Refusal.GOLDEN;
    private int labels;
    /** Whether the cases are those of a general task; null before the first. */
    private Boolean general;
    /** Tensors that no window claimed yet: rows and columns by name. */
    private final Map<String, long[]> left = new HashMap<>();

    private final Set<String> ids = new HashSet<>();

    private GoldenForm(long vocabulary, int labels, String archive) {
        this.vocabulary = vocabulary > 0 ? vocabulary : INT;
        this.labels = labels;
        this.archive = archive;
        this.where = archive;
    }

    /**
     * Looks through golden/ of an archive.
     *
     * @param vocabulary one more than the largest token id; not positive if unknown
     * @param labels labels of the model; negative if unknown
     */
    public static void check(Path golden, long vocabulary, int labels, String archive) throws IOException {
        GoldenForm form = new GoldenForm(vocabulary, labels, archive);
        form.tensors(form.read(golden, "logits.safetensors"));
        form.cases(form.read(golden, "cases.jsonl"));
        if (Files.isRegularFile(golden.resolve("padding.json"))) {
            form.padding(form.object(form.read(golden, "padding.json")));
        }
    }

    /** Only the tensors: for tests of the parser alone. */
    public static void checkTensors(byte[] safetensors, String where) throws ArchiveException {
        new GoldenForm(INT, -1, where).tensors(safetensors);
    }

    /**
     * The rows and columns by name of float32 matrices that are finite, side by side and all there is.
     *
     * @param refusal what other files are refused with
     */
    static Map<String, long[]> shapes(byte[] safetensors, String where, Refusal refusal) throws ArchiveException {
        GoldenForm form = new GoldenForm(INT, -1, where);
        form.refusal = refusal;
        form.tensors(safetensors);
        return form.left;
    }

    private byte[] read(Path golden, String name) throws IOException {
        Path file = golden.resolve(name);
        where = archive + "!golden/" + name;
        require(Files.isRegularFile(file), "the three golden files", "no " + file.getFileName());
        if (Files.size(file) > Limits.GOLDEN) {
            throw new ArchiveException(Refusal.TOO_LARGE, where, "at most " + Limits.GOLDEN + " bytes", "more");
        }
        return Files.readAllBytes(file);
    }

    /** Float32 matrices, finite, side by side and nothing else. */
    private void tensors(byte[] data) throws ArchiveException {
        ByteBuffer buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        long length = data.length < 8 ? 0 : buffer.getLong(0);
        boolean fits = length > 0 && length <= HEADER && length <= data.length - 8;
        require(fits, "a safetensors file", "a header of " + length + " bytes in " + data.length);
        int values = 8 + (int) length;
        List<long[]> places = new ArrayList<>();
        for (Map.Entry<?, ?> entry : object(Arrays.copyOfRange(data, 8, values)).entrySet()) {
            String name = (String) entry.getKey();
            Map<?, ?> tensor = map(entry.getValue());
            if (name.equals("__metadata__")) {
                for (Object value : tensor.values()) {
                    text(value);
                }
                continue;
            }
            boolean floats = tensor.keySet().equals(TENSOR) && "F32".equals(tensor.get("dtype"));
            require(floats, "tensors of float32", name);
            List<?> shape = list(tensor.get("shape"), 2);
            long[] matrix = {number(shape.get(0), INT), number(shape.get(1), INT)};
            List<?> offsets = list(tensor.get("data_offsets"), 2);
            long[] place = {number(offsets.get(0), 1L << 62), number(offsets.get(1), 1L << 62)};
            // A product past the end of long is no size that an offset can state.
            BigInteger bytes = BigInteger.valueOf(4 * matrix[0]).multiply(BigInteger.valueOf(matrix[1]));
            boolean whole = bytes.equals(BigInteger.valueOf(place[1] - place[0]));
            require(whole, bytes + " bytes for " + name, place[1] - place[0] + " bytes");
            left.put(name, matrix);
            places.add(place);
        }
        places.sort((a, b) -> a[0] == b[0] ? Long.compare(a[1], b[1]) : Long.compare(a[0], b[0]));
        long at = 0;
        for (long[] place : places) {
            require(place[0] == at, "tensors side by side", "byte " + place[0] + " after " + at);
            at = place[1];
        }
        require(at == data.length - values, "tensors side by side", (data.length - values - at) + " bytes more");
        for (int i = values; i < data.length; i += Float.BYTES) {
            require(Float.isFinite(buffer.getFloat(i)), "finite logits", "others");
        }
    }

    private void cases(byte[] data) throws ArchiveException {
        boolean ends = data.length > 0 && data[data.length - 1] == '\n';
        require(ends, "lines that end with \\n", "others");
        for (byte b : data) {
            require(b != '\r', "lines that end with \\n", "others");
        }
        int start = 0;
        for (int i = 0; i < data.length; i++) {
            if (data[i] == '\n') {
                recorded(object(Arrays.copyOfRange(data, start, i)));
                start = i + 1;
            }
        }
        require(left.isEmpty(), "logits of recorded windows only", String.join(", ", left.keySet()));
    }

    private void recorded(Map<?, ?> recorded) throws ArchiveException {
        String name = text(recorded.get("id"));
        text(recorded.get("group"));
        String text = text(recorded.get("text"));
        int length = text.codePointCount(0, text.length());
        boolean own = !name.isEmpty() && name.codePointCount(0, name.length()) <= 256 && ids.add(name);
        require(own, "an id of its own for each case", name);
        form(recorded.containsKey("input"), name);
        // A prompt or a template of the parameters may stand around a text.
        int room = general ? length + AROUND : length;
        for (Map.Entry<?, ?> windows : map(recorded.get("windows")).entrySet()) {
            if (general) {
                name(windows.getKey());
            } else {
                stride(windows.getKey());
            }
            int number = 0;
            for (Object window : list(windows.getValue())) {
                window(map(window), name + "/" + windows.getKey() + "/" + number++, room);
            }
        }
        if (general) {
            map(recorded.get("input"));
            for (Map.Entry<?, ?> output : map(recorded.get("outputs")).entrySet()) {
                name(output.getKey());
                map(output.getValue());
            }
            return;
        }
        outputs(recorded.get("outputs"), length);
        if (recorded.containsKey("strides")) {
            for (Map.Entry<?, ?> outputs : map(recorded.get("strides")).entrySet()) {
                stride(outputs.getKey());
                outputs(outputs.getValue(), length);
            }
        }
    }

    private void form(boolean ofGeneralTask, String name) throws ArchiveException {
        require(general == null || general == ofGeneralTask, "cases of one form", name);
        if (general == null && ofGeneralTask) {
            // What stands in its logits are other things than labels.
            labels = -1;
        }
        general = ofGeneralTask;
    }

    private void window(Map<?, ?> window, String tensor, int length) throws ArchiveException {
        List<?> tokens = list(window.get("ids"));
        for (Object token : tokens) {
            number(token, vocabulary);
        }
        for (String key : List.of("type_ids", "special")) {
            for (Object number : list(window.get(key), tokens.size())) {
                number(number, INT);
            }
        }
        for (Object pair : list(window.get("offsets"), tokens.size())) {
            List<?> span = list(pair, 2);
            span(span.get(0), span.get(1), length);
        }
        long[] shape = left.remove(tensor);
        if (shape == null && general) {
            // Too large to travel along.
            return;
        }
        require(shape != null, "logits for " + tensor, "none");
        labels = labels < 0 ? (int) shape[1] : labels;
        boolean rows = general ? shape[0] <= tokens.size() : shape[0] == tokens.size();
        boolean same = rows && shape[1] == labels;
        require(same, "logits of " + tokens.size() + " x " + labels + " for " + tensor, shape[0] + " x " + shape[1]);
    }

    private void padding(Map<?, ?> padding) throws ArchiveException {
        List<?> names = list(padding.get("cases"));
        for (Object name : names) {
            require(ids.contains(text(name)), "recorded cases in padding.json", text(name));
        }
        int width = -1;
        for (Map.Entry<?, ?> entry : padding.entrySet()) {
            String key = (String) entry.getKey();
            if (key.equals("cases")) {
                continue;
            }
            require(INPUTS.contains(key), "inputs of the graph in padding.json", key);
            for (Object row : list(entry.getValue(), names.size())) {
                width = width < 0 ? list(row).size() : width;
                for (Object number : list(row, width)) {
                    number(number, key.equals("input_ids") ? vocabulary : INT);
                }
            }
        }
    }

    private void outputs(Object outputs, int length) throws ArchiveException {
        for (Map.Entry<?, ?> entry : map(outputs).entrySet()) {
            require(STRATEGIES.contains(entry.getKey()), "aggregation strategies", (String) entry.getKey());
            for (Object one : list(entry.getValue())) {
                Map<?, ?> entity = map(one);
                text(entity.get("label"));
                text(entity.get("word"));
                span(entity.get("start"), entity.get("end"), length);
                if (entity.containsKey("index")) {
                    number(entity.get("index"), INT);
                }
                Object score = entity.get("score");
                boolean good = entity.containsKey("score") && (score == null || score instanceof Number);
                require(good, "a score", String.valueOf(score));
            }
        }
    }

    private void stride(Object stride) throws ArchiveException {
        require(STRIDE.matcher((String) stride).matches(), "strides as numbers", (String) stride);
    }

    private void name(Object name) throws ArchiveException {
        require(NAME.matcher((String) name).matches(), "names of variants", name);
    }

    private void span(Object start, Object end, int length) throws ArchiveException {
        long from = number(start, INT);
        long to = number(end, INT);
        if (from > to || to > length) {
            require(false, "offsets within " + length + " characters", from + " to " + to);
        }
    }

    private Map<?, ?> object(byte[] json) throws ArchiveException {
        try {
            return map(StrictJson.parse(json));
        } catch (IllegalArgumentException e) {
            throw new ArchiveException(refusal, where, "JSON", e.getMessage(), e);
        }
    }

    private Map<?, ?> map(Object value) throws ArchiveException {
        require(value instanceof Map, "an object", value);
        return (Map<?, ?>) value;
    }

    private List<?> list(Object value) throws ArchiveException {
        require(value instanceof List, "a list", value);
        return (List<?>) value;
    }

    private List<?> list(Object value, int length) throws ArchiveException {
        List<?> list = list(value);
        if (list.size() != length) {
            require(false, "a list of " + length, "one of " + list.size());
        }
        return list;
    }

    private String text(Object value) throws ArchiveException {
        require(value instanceof String, "a text", value);
        return (String) value;
    }

    private long number(Object value, long limit) throws ArchiveException {
        boolean good = value instanceof BigInteger
                && ((BigInteger) value).signum() >= 0
                && ((BigInteger) value).bitLength() < Long.SIZE
                && ((BigInteger) value).longValue() < limit;
        require(good, "a whole number below the limit", value);
        return ((BigInteger) value).longValue();
    }

    private void require(boolean good, String expected, Object found) throws ArchiveException {
        if (!good) {
            throw new ArchiveException(refusal, where, expected, Printable.text(String.valueOf(found)));
        }
    }
}
