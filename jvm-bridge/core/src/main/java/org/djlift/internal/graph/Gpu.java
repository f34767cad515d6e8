package org.djlift.internal.graph;

import ai.djl.Device;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;

/**
 * Sessions on a GPU that multiply fp32 as fp32. By default ONNX Runtime rounds what it multiplies to 10 bits (TF32) on
 * every GPU that can, and an fp32 graph is then as far from its reference as fp16.
 */
final class Gpu {

    private Gpu() {}

    /** @throws OrtException if this ONNX Runtime has no CUDA, or there is no such GPU */
    static void add(Device device, SessionOptions options) throws OrtException {
        try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(device.getDeviceId())) {
            cuda.add("use_tf32", "0");
            options.addCUDA(cuda);
        }
    }
}
