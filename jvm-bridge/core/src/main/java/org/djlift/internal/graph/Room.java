package org.djlift.internal.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Direct memory for the inputs of a run; a run has it for itself, and leaves it for a later one. */
final class Room {

    /** Longs that are kept for each input: 1 MB. Where more is needed, it is not kept. */
    private static final int LARGEST = 1 << 17;

    private LongBuffer[] buffers = {};

    /** A room whose memory is freed with it, for tensors that outlive their run. */
    Room() {}

    /** A buffer of just that many longs, with whatever was in it before, for the input of that number. */
    LongBuffer buffer(int input, int longs) {
        if (longs > LARGEST) {
            return direct(longs);
        }
        if (input >= buffers.length) {
            buffers = Arrays.copyOf(buffers, input + 1);
        }
        if (buffers[input] == null || buffers[input].capacity() < longs) {
            // In powers of two: runs differ a little in size, and each must not have its own.
            buffers[input] = direct(Integer.highestOneBit(Math.max(1, longs - 1)) * 2);
        }
        buffers[input].clear().limit(longs);
        return buffers[input];
    }

    private static LongBuffer direct(int longs) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(longs, Long.BYTES))
                .order(ByteOrder.nativeOrder())
                .asLongBuffer();
    }

    /** Rooms that wait for a run: one for each that is under way at a time, up to a bound. Thread-safe. */
    static final class Pool {

        private static final int KEPT = 64;

        private final BlockingQueue<Room> idle = new ArrayBlockingQueue<>(KEPT);

        Room take() {
            Room room = idle.poll();
            return room == null ? new Room() : room;
        }

        /** Takes a room back whose tensors are closed. */
        void give(Room room) {
            idle.offer(room);
        }
    }
}
