package org.djlift.internal.base;

/** How much an archive may be, whatever it says of itself; the numbers of limits.py. */
public final class Limits {

    public static final int ENTRIES = 256;
    public static final int DIRECTORY = 1 << 20;
    public static final int MANIFEST = 16 << 20;
    /** Bytes of a file that is read as text. */
    public static final long TEXT = 64L << 20;

    /** Bytes of each golden file. */
    public static final long GOLDEN = 1L << 30;
    /** Protobuf reads no larger message. */
    public static final long GRAPH = Integer.MAX_VALUE;
    /** A file of more than RATIO_FROM bytes may not be more than so many times its packed bytes. */
    public static final int RATIO = 200;

    public static final long RATIO_FROM = 1 << 20;
    public static final String VARIABLE = "DJLIFT_MAX_UNPACKED";

    private static final String PROPERTY = "djlift.maxUnpacked";
    private static final long UNPACKED = 64L << 30;

    private Limits() {}

    /** Bytes that all files may have together. */
    public static long unpacked() {
        String value = System.getProperty(PROPERTY, System.getenv(VARIABLE));
        if (value == null || value.isEmpty()) {
            return UNPACKED;
        }
        if (!value.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException(VARIABLE + ": expected a number of bytes, found '" + value + "'");
        }
        return Long.parseLong(value);
    }

    /** Bytes that one file may have by its name. */
    public static long of(String name) {
        if (name.equals("djlift.json")) {
            return MANIFEST;
        }
        if (name.equals("model.onnx") || name.equals("dense.safetensors")) {
            return GRAPH;
        }
        if (name.startsWith("golden/")) {
            return GOLDEN;
        }
        return name.matches(".*\\.(json|jsonl|properties|md)") ? TEXT : 1L << 62;
    }
}
