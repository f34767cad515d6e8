package org.djlift.internal.base;

/** The jars that a model needs beside djlift's own. */
public final class Jars {

    private static final String DJL = "0.38.0";
    private static final String ONNX_RUNTIME = "1.21.1";

    private Jars() {}

    /**
     * Says which jar is missing, before a class of it is needed.
     *
     * @throws IllegalStateException if one is
     */
    public static void check() {
        // In this order: the tokenizer's own class cannot be found without DJL's.
        check("ai.djl.Model", "ai.djl:api:" + DJL);
        check("ai.djl.huggingface.tokenizers.HuggingFaceTokenizer", "ai.djl.huggingface:tokenizers:" + DJL);
        check(
                "ai.onnxruntime.OrtEnvironment",
                "com.microsoft.onnxruntime:onnxruntime:" + ONNX_RUNTIME + ", or onnxruntime_gpu for a GPU");
    }

    private static void check(String name, String coordinates) {
        try {
            Class.forName(name, false, Jars.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(
                    "expected the class " + name + " on the class path, found none: add " + coordinates, e);
        }
    }
}
