package org.djlift.internal.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.util.Platform;

import org.djlift.internal.base.Offline;

/** What concerns the native libraries in DJL's jars. */
public final class Native {

    private static final String NO_TRACKING = "OPT_OUT_TRACKING";

    private Native() {}

    /**
     * Loads the tokenizers' library, which DJL would look for on the network where there is a GPU. DJL also calls home
     * as it makes a tokenizer, unless told not to; a setting that is there stays.
     */
    public static void load() {
        noTracking();
        if (!Tokenizers.LOADED) {
            // Throws, and says why.
            LibUtils.checkStatus();
        }
    }

    /** Loaded once. */
    private static final class Tokenizers {

        static final boolean LOADED = Offline.whileLoading(() -> {
            try {
                LibUtils.checkStatus();
                return true;
            } catch (EngineException e) {
                return false;
            }
        });
    }

    /** Has DJL not call home. */
    public static void noTracking() {
        if (System.getProperty(NO_TRACKING) == null) {
            System.setProperty(NO_TRACKING, "true");
        }
    }

    /** Version of the Rust library, then DJL's, as the tokenizers jar states them. */
    public static String tokenizersVersion() {
        return Platform.detectPlatform("tokenizers").getVersion();
    }
}
