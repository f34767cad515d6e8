package org.djlift.internal;

import java.util.Map;

/** The jars that a model needs beside djlift's own. */
public final class Jars {

    private static final String DJL = "0.38.0";
    private static final String ONNX_RUNTIME = "1.21.1";

    /** Their coordinates, each by a class that it has; what they need themselves comes along. */
    private static final Map<String, String> NEEDED = Map.of(
            "ai.djl.Model", "ai.djl:api:" + DJL,
            "ai.djl.huggingface.tokenizers.HuggingFaceTokenizer", "ai.djl.huggingface:tokenizers:" + DJL,
            "ai.onnxruntime.OrtEnvironment", "com.microsoft.onnxruntime:onnxruntime:" + ONNX_RUNTIME);

    private Jars() {}

    /**
     * Says which jar is missing, before a class of it is needed.
     *
     * @throws IllegalStateException if one is
     */
    public static void check() {
        NEEDED.forEach((name, coordinates) -> {
            try {
                Class.forName(name, false, Jars.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                String gpu = coordinates.contains(":onnxruntime:") ? ", or onnxruntime_gpu for a GPU" : "";
                throw new IllegalStateException(
                        "expected the class " + name + " on the class path, found none: add " + coordinates + gpu, e);
            }
        });
    }
}
