package org.djlift.internal;

import ai.djl.util.Platform;

/** What concerns the native libraries in DJL's jars. */
final class Native {

    private Native() {}

    /** DJL calls home once, when the first tokenizer is made, unless told not to; a setting that is there stays. */
    static void stayAtHome() {
        setIfAbsent("OPT_OUT_TRACKING");
        Offline.byDefault();
    }

    private static void setIfAbsent(String property) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, "true");
        }
    }

    /** Version of the Rust library, then DJL's, as the tokenizers jar states them. */
    static String tokenizersVersion() {
        return Platform.detectPlatform("tokenizers").getVersion();
    }
}
