package org.djlift.internal.graph;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;

import java.util.Map;

/** The settings of a session as ONNX Runtime takes them: a class of its own, for its jar may be missing. */
final class OrtOptions {

    private OrtOptions() {}

    /**
     * The same whether DJL makes the session or not: DJL's own reading of the settings differs from version to version
     * (djl#3629).
     *
     * @return options; close them once the session is made
     */
    public static SessionOptions of(SessionSettings settings) throws OrtException {
        SessionOptions session = new SessionOptions();
        try {
            for (Map.Entry<String, String> option : settings.options().entrySet()) {
                apply(session, option.getKey(), option.getValue());
            }
            if (settings.device().isGpu()) {
                Gpu.add(settings.device(), session);
            }
            return session;
        } catch (OrtException | RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    private static void apply(SessionOptions session, String option, String value) throws OrtException {
        switch (option) {
            case SessionSettings.INTRA_OP_THREADS:
                session.setIntraOpNumThreads(Integer.parseInt(value));
                break;
            case SessionSettings.INTER_OP_THREADS:
                session.setInterOpNumThreads(Integer.parseInt(value));
                break;
            case SessionSettings.OPTIMIZATION_LEVEL:
                session.setOptimizationLevel(SessionOptions.OptLevel.valueOf(value));
                break;
            case SessionSettings.PROFILE:
                session.enableProfiling(value);
                break;
            case SessionSettings.EXECUTION_MODE:
                session.setExecutionMode(SessionOptions.ExecutionMode.valueOf(value));
                break;
            case SessionSettings.MEMORY_PATTERN:
                session.setMemoryPatternOptimization(Boolean.parseBoolean(value));
                break;
            case SessionSettings.ARENA:
                session.setCPUArenaAllocator(Boolean.parseBoolean(value));
                break;
            default:
                throw new IllegalArgumentException("expected an option of a session, found '" + option + "'");
        }
    }
}
