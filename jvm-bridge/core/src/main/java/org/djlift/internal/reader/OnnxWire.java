package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;
import org.djlift.internal.base.Limits;
import org.djlift.internal.base.Printable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Walks model.onnx as it lies on the disk, and refuses what onnxwire.py refuses.
 *
 * <p>ONNX Runtime opens whatever file a weight is said to be in, resolves operators of any domain that somebody
 * registered, and inlines functions until memory ends. A graph of a djlift archive needs none of that. Only the wire
 * format of protobuf is read here, and weights are passed over.
 */
public final class OnnxWire {

    static final int NODES = 200_000;
    /** Protobuf fields that are looked at: a file of empty ones is small and takes long. */
    static final int FIELDS = 2_000_000;
    /** Graphs within graphs. */
    static final int DEPTH = 32;

    private static final String WEIGHTS = "model.onnx.data";
    private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "com.microsoft");
    /** Reads a compiled graph from a file that it names; runs without end if its own graph says so. */
    private static final Set<String> OPERATORS = Set.of("EPContext", "Loop", "Scan");

    private static final Set<String> FACTS = Set.of("location", "offset", "length", "checksum");
    private static final int STRING_LIMIT = 1 << 16;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final String MODEL = "an ONNX model";

    private final FileChannel channel;
    private final String where;
    /** Bytes of model.onnx.data, -1 without one. */
    private final long weights;

    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    private long buffered;
    private long at;
    private int fields;
    private int nodes;
    /** Of the field that was read last. */
    private int number;

    private int wire;
    /** Its value, or where its bytes start; they end at {@link #at}. */
    private long value;

    private OnnxWire(FileChannel channel, String where, long weights) {
        this.channel = channel;
        this.where = where;
        this.weights = weights;
        buffer.limit(0);
    }

    /**
     * Looks through a model.onnx.
     *
     * @param where the file, as messages name it
     * @throws ArchiveException if it is no ONNX model, or one with weights elsewhere, foreign operators, functions,
     *     sparse tensors, or too many nodes
     */
    public static void check(Path file, String where) throws IOException {
        Path beside = file.resolveSibling(WEIGHTS);
        long weights = Files.isRegularFile(beside) ? Files.size(beside) : -1;
        long size = Files.size(file);
        if (size == 0 || size > Limits.GRAPH) {
            String expected = "an ONNX model of at most " + Limits.GRAPH + " bytes";
            throw new ArchiveException(Refusal.GRAPH, where, expected, size + " bytes");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            new OnnxWire(channel, where, weights).model(size);
        }
    }

    private void model(long size) throws IOException {
        ByteBuffer magic = ByteBuffer.allocate(4);
        if (channel.read(magic, 4) == 4 && magic.getInt(0) == 0x4f52544d) {
            throw refused(Refusal.GRAPH, MODEL, "ONNX Runtime's own format");
        }
        boolean graph = false;
        boolean opset = false;
        for (at = 0; at < size; ) {
            field(size);
            long end = at;
            if (number == 7) {
                once(graph);
                graph = true;
                graph(bytes(), end, 1);
            } else if (number == 8) {
                opset = true;
                opset(bytes(), end);
            } else if (number == 14) {
                metadata(bytes(), end);
            } else if (number == 20 || number == 25) {
                bytes();
                String what = number == 25 ? "a function" : "training";
                throw refused(Refusal.GRAPH_OPERATOR, "a graph of operators only", what);
            }
            at = end;
        }
        if (!graph || !opset) {
            throw refused(Refusal.GRAPH, "an ONNX model with a graph and an opset", "none");
        }
    }

    private void opset(long start, long end) throws IOException {
        boolean seen = false;
        for (at = start; at < end; ) {
            field(end);
            if (number == 1) {
                once(seen);
                seen = true;
                domain(text(bytes(), at));
            }
        }
    }

    private void domain(String domain) throws ArchiveException {
        if (!DOMAINS.contains(domain)) {
            String expected = "operators of ONNX and of com.microsoft";
            throw refused(Refusal.GRAPH_OPERATOR, expected, "the domain '" + domain + "'");
        }
    }

    private void metadata(long start, long end) throws IOException {
        boolean seen = false;
        for (at = start; at < end; ) {
            field(end);
            if (number == 1) {
                once(seen);
                seen = true;
                if (text(bytes(), at).equals("ort_config")) {
                    throw refused(Refusal.GRAPH, "no settings of ONNX Runtime in the graph", "ort_config");
                }
            }
        }
    }

    private void graph(long start, long end, int depth) throws IOException {
        if (depth > DEPTH) {
            throw refused(Refusal.GRAPH_SIZE, "graphs nested at most " + DEPTH + " deep", "deeper ones");
        }
        for (at = start; at < end; ) {
            field(end);
            long next = at;
            if (number == 1) {
                node(bytes(), next, depth);
            } else if (number == 5) {
                tensor(bytes(), next);
            } else if (number == 15) {
                bytes();
                throw refused(Refusal.GRAPH, "dense tensors", "a sparse one");
            }
            at = next;
        }
    }

    private void node(long start, long end, int depth) throws IOException {
        if (++nodes > NODES) {
            throw refused(Refusal.GRAPH_SIZE, "at most " + NODES + " nodes", "more");
        }
        boolean type = false;
        boolean domain = false;
        for (at = start; at < end; ) {
            field(end);
            long next = at;
            if (number == 5) {
                attribute(bytes(), next, depth);
            } else if (number == 7) {
                String name = text(single(domain), next);
                domain = true;
                domain(name);
            } else if (number == 4) {
                String name = text(single(type), next);
                type = true;
                if (OPERATORS.contains(name)) {
                    throw refused(Refusal.GRAPH_OPERATOR, "operators that end and open no file", name);
                }
            }
            at = next;
        }
    }

    private void attribute(long start, long end, int depth) throws IOException {
        boolean tensor = false;
        boolean graph = false;
        for (at = start; at < end; ) {
            field(end);
            long next = at;
            if (number == 5) {
                long from = single(tensor);
                tensor = true;
                tensor(from, next);
            } else if (number == 6) {
                long from = single(graph);
                graph = true;
                graph(from, next, depth + 1);
            } else if (number == 10) {
                tensor(bytes(), next);
            } else if (number == 11) {
                graph(bytes(), next, depth + 1);
            } else if (number == 22 || number == 23) {
                bytes();
                throw refused(Refusal.GRAPH, "dense tensors", "a sparse one");
            }
            at = next;
        }
    }

    /** Dense values in the file itself, or in model.onnx.data and within it. */
    private void tensor(long start, long end) throws IOException {
        Map<String, String> facts = new HashMap<>();
        boolean external = false;
        for (at = start; at < end; ) {
            field(end);
            long next = at;
            if (number == 13) {
                entry(bytes(), next, facts);
                external = true;
            } else if (number == 14) {
                kind(VARINT);
                external |= value != 0;
            }
            at = next;
        }
        if (external) {
            external(facts);
        }
    }

    private void entry(long start, long end, Map<String, String> facts) throws IOException {
        String key = null;
        String text = null;
        for (at = start; at < end; ) {
            field(end);
            if (number == 1) {
                key = text(single(key != null), at);
            } else if (number == 2) {
                text = text(single(text != null), at);
            }
        }
        if (facts.put(key == null ? "" : key, text == null ? "" : text) != null) {
            throw refused(Refusal.GRAPH_FILE, "each fact about a weight once", "'" + key + "' twice");
        }
    }

    private void external(Map<String, String> facts) throws ArchiveException {
        if (!WEIGHTS.equals(facts.get("location")) || weights < 0 || !FACTS.containsAll(facts.keySet())) {
            String expected = "weights in the graph or in " + WEIGHTS + " beside it";
            throw refused(Refusal.GRAPH_FILE, expected, "'" + facts.getOrDefault("location", "") + "'");
        }
        long end = number(facts.get("offset")) + number(facts.get("length"));
        if (end > weights) {
            throw refused(Refusal.GRAPH_FILE, "weights within " + WEIGHTS, end + " bytes of " + weights);
        }
    }

    private long number(String text) throws ArchiveException {
        if (text == null) {
            return 0;
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw refused(Refusal.GRAPH_FILE, "offset and length as numbers", "'" + text + "'");
        }
        return Long.parseLong(text);
    }

    /** Reads the field here and goes to its end. */
    private void field(long end) throws IOException {
        if (++fields > FIELDS) {
            throw refused(Refusal.GRAPH_SIZE, "at most " + FIELDS + " fields", "more");
        }
        long tag = varint(end);
        wire = (int) (tag & 7);
        number = (int) (tag >>> 3);
        if (tag < 8 || tag >= 1L << 32) {
            throw refused(Refusal.GRAPH, MODEL, "no protobuf at byte " + at);
        }
        value = 0;
        long length = 0;
        if (wire == VARINT || wire == BYTES) {
            value = varint(end);
        }
        if (wire == BYTES) {
            length = value;
            value = at;
        } else if (wire == FIXED32 || wire == FIXED64) {
            length = wire == FIXED32 ? 4 : 8;
        } else if (wire != VARINT) {
            throw refused(Refusal.GRAPH, MODEL, "no protobuf at byte " + at);
        }
        if (length < 0 || length > end - at) {
            throw refused(Refusal.GRAPH, MODEL, "a field past its end at byte " + end);
        }
        at += length;
    }

    /** A number in its shortest form: parsers differ in what they make of others. */
    private long varint(long end) throws IOException {
        long result = 0;
        for (int shift = 0; at < end && shift < 64; shift += 7) {
            int b = next();
            result |= (long) (b & 127) << shift;
            if (b < 128) {
                if (shift == 63 && b > 1 || b == 0 && shift > 0) {
                    break;
                }
                return result;
            }
        }
        throw refused(Refusal.GRAPH, MODEL, "no protobuf number at byte " + at);
    }

    /** Where the bytes of the field start. */
    private long bytes() throws ArchiveException {
        kind(BYTES);
        return value;
    }

    private long single(boolean seen) throws ArchiveException {
        kind(BYTES);
        once(seen);
        return value;
    }

    private void once(boolean seen) throws ArchiveException {
        if (seen) {
            kind(BYTES);
            // Protobuf would merge the two, or take the last.
            throw refused(Refusal.GRAPH, "each field once", "field " + number + " twice");
        }
    }

    private void kind(int expected) throws ArchiveException {
        if (wire != expected) {
            throw refused(Refusal.GRAPH, MODEL, "a field of another kind");
        }
    }

    private String text(long start, long end) throws IOException {
        if (end - start > STRING_LIMIT) {
            throw refused(Refusal.GRAPH, "names of at most " + STRING_LIMIT + " bytes", (end - start) + " bytes");
        }
        ByteBuffer text = ByteBuffer.allocate((int) (end - start));
        long from = start;
        while (text.hasRemaining()) {
            int n = channel.read(text, from);
            if (n < 0) {
                throw refused(Refusal.GRAPH, MODEL, "its end");
            }
            from += n;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(text.flip()).toString();
        } catch (CharacterCodingException e) {
            throw refused(Refusal.GRAPH, "names in UTF-8", "other bytes");
        }
    }

    private int next() throws IOException {
        long place = at - buffered;
        if (place < 0 || place >= buffer.limit()) {
            buffered = at;
            buffer.clear();
            int n = channel.read(buffer, at);
            buffer.limit(Math.max(n, 0));
            if (n <= 0) {
                throw refused(Refusal.GRAPH, MODEL, "its end");
            }
            place = 0;
        }
        at++;
        return buffer.get((int) place) & 0xFF;
    }

    private ArchiveException refused(Refusal refusal, String expected, String found) {
        return new ArchiveException(refusal, where, expected, Printable.text(found));
    }
}
