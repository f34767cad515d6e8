package org.djlift.internal.graph;

import ai.djl.Device;
import ai.djl.engine.Engine;

import org.djlift.internal.base.Offline;
import org.djlift.internal.tokenizer.Native;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.file.Path;

/** Loads a graph through DJL's engine, or straight through ONNX Runtime where DJL's engine cannot start. */
public final class Graphs {

    public static final String ENGINE = "OnnxRuntime";
    static final String MODEL = "model";

    private static final Logger LOGGER = LoggerFactory.getLogger(Graphs.class);

    private Graphs() {}

    /** @param form what the task's graph gives */
    public static Graph load(Path directory, OutputForm form, SessionSettings settings) throws IOException {
        if (engineStarts()) {
            return new DjlGraph(directory, form, settings);
        }
        return new OrtGraph(directory, form, settings);
    }

    /**
     * Whether DJL's engine can be had. It cannot once somebody else has made the OrtEnvironment of this JVM: DJL asks
     * for one with thread options, ONNX Runtime then refuses (djl#3679), and the engine's class is broken for good. Nor
     * can it when the engine that DJL wants beside it, such as PyTorch, does not load. The environment itself is well
     * in both cases, so a session is made from it directly. DJL is offline as it starts: it would download PyTorch.
     */
    public static boolean engineStarts() {
        if (!Started.FAILURE.isEmpty()) {
            LOGGER.warn("DJL's OnnxRuntime engine cannot start, ONNX Runtime is used without it: {}", Started.FAILURE);
        }
        return Started.FAILURE.isEmpty();
    }

    /** The engine, started once. */
    private static final class Started {

        /** Why it does not; empty where it does. */
        static final String FAILURE = Offline.whileLoading(Started::start);

        private static String start() {
            Native.noTracking();
            try {
                Engine.getEngine(ENGINE).newBaseManager(Device.cpu()).close();
                return "";
            } catch (RuntimeException | LinkageError e) {
                return root(e).toString();
            }
        }
    }

    private static Throwable root(Throwable e) {
        return e.getCause() == null ? e : root(e.getCause());
    }
}
