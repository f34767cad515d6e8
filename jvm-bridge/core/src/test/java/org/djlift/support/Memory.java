package org.djlift.support;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;

import javax.management.JMException;
import javax.management.ObjectName;

/** Memory of this process at a moment, once all that is garbage or free has been given back. */
public final class Memory {

    /** Only Linux tells the resident memory. */
    public static final Path STATUS = Path.of("/proc/self/status");

    /** Bytes of live objects. */
    public final long heap;

    /**
     * Bytes outside the heap that files do not back: what ONNX Runtime, the tokenizer and the JVM itself hold. The heap
     * is taken off as committed, which is right only where all of it is resident: {@link org.djlift.measure.Soak} runs so.
     */
    public final long beside;

    private Memory(long heap, long beside) {
        this.heap = heap;
        this.beside = beside;
    }

    public static Memory now() throws IOException {
        System.gc();
        trims();
        MemoryUsage usage = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        return new Memory(usage.getUsed(), resident() - usage.getCommitted());
    }

    /** Whether the C library can be told to let go of what is free, which it keeps otherwise. */
    public static boolean trims() {
        try {
            Object said = ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "systemTrimNativeHeap",
                            new Object[0],
                            new String[0]);
            return !String.valueOf(said).contains("not available");
        } catch (JMException e) {
            return false;
        }
    }

    private static long resident() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException(STATUS + " has no RssAnon");
    }

    @Override
    public String toString() {
        return "heap " + (heap >> 10) + " kB, beside it " + (beside >> 10) + " kB";
    }
}
