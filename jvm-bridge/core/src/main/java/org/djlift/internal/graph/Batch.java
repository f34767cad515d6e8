package org.djlift.internal.graph;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Padding;

import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Windows side by side, padded to one width: what the graph takes in one run. */
public final class Batch {

    private final List<Encoded> rows;
    private final int width;
    private final Padding padding;

    public Batch(List<Encoded> rows, int width, Padding padding) {
        this.rows = rows;
        this.width = width;
        this.padding = padding;
    }

    /** A batch as wide as its longest row. */
    public static Batch of(List<Encoded> rows, Padding padding) {
        return new Batch(rows, longest(rows), padding);
    }

    public static int longest(List<Encoded> rows) {
        int longest = 0;
        for (Encoded row : rows) {
            longest = Math.max(longest, row.length());
        }
        return longest;
    }

    public int size() {
        return rows.size();
    }

    public int width() {
        return width;
    }

    /** The inputs by the names that the graph asks for, each in a direct buffer of rows times width. */
    Map<String, LongBuffer> inputs(Collection<String> names, Room room) {
        Map<String, LongBuffer> inputs = new LinkedHashMap<>();
        for (String name : names) {
            LongBuffer buffer = room.buffer(inputs.size(), Math.multiplyExact(rows.size(), width));
            for (Encoded row : rows) {
                fill(buffer, values(row, name), filler(name));
            }
            buffer.rewind();
            inputs.put(name, buffer);
        }
        return inputs;
    }

    /** One input as rows of arrays. */
    public long[][] rows(String name) {
        long[][] all = new long[rows.size()][width];
        for (int i = 0; i < all.length; i++) {
            fill(LongBuffer.wrap(all[i]), values(rows.get(i), name), filler(name));
        }
        return all;
    }

    /** The inputs for DJL's engine, which live as long as the manager. */
    public NDList toNDList(NDManager manager, Collection<String> names) {
        return toNDList(manager, names, new Room());
    }

    /** The inputs for DJL's engine. Each carries its name: without names DJL binds by position. */
    NDList toNDList(NDManager manager, Collection<String> names, Room room) {
        NDList list = new NDList(names.size());
        Shape shape = new Shape(rows.size(), width);
        inputs(names, room).forEach((name, buffer) -> {
            NDArray array = manager.create(buffer, shape, DataType.INT64);
            array.setName(name);
            list.add(array);
        });
        return list;
    }

    /**
     * The parts of a run's output, batch x width x columns, that belong to each row: views of it where a row wants all,
     * small copies where it wants few, so that a wide output is not kept for them.
     */
    List<Logits> logits(float[] output, int columns) {
        List<Logits> all = new ArrayList<>(rows.size());
        for (int row = 0; row < rows.size(); row++) {
            Encoded one = rows.get(row);
            int first = (row * width + padding.start(one.length(), width)) * columns;
            int[] wanted = one.wanted();
            if (wanted == null) {
                all.add(new Logits(output, first, one.length(), columns));
                continue;
            }
            float[] few = new float[wanted.length * columns];
            for (int i = 0; i < wanted.length; i++) {
                System.arraycopy(output, first + wanted[i] * columns, few, i * columns, columns);
            }
            all.add(new Logits(few, 0, wanted.length, columns));
        }
        return all;
    }

    private void fill(LongBuffer buffer, long[] tokens, long filler) {
        int start = padding.start(tokens.length, width);
        for (int i = 0; i < start; i++) {
            buffer.put(filler);
        }
        buffer.put(tokens);
        for (int i = start + tokens.length; i < width; i++) {
            buffer.put(filler);
        }
    }

    private static long[] values(Encoded row, String name) {
        switch (name) {
            case GraphInputs.IDS:
                return row.ids();
            case GraphInputs.MASK:
                return row.attentionMask();
            case GraphInputs.TYPES:
                return row.typeIds();
            default:
                throw new IllegalArgumentException("no such input: " + name);
        }
    }

    private long filler(String name) {
        switch (name) {
            case GraphInputs.IDS:
                return padding.id();
            case GraphInputs.TYPES:
                return padding.typeId();
            default:
                return 0;
        }
    }
}
