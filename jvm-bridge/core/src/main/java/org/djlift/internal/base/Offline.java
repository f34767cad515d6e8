package org.djlift.internal.base;

import ai.djl.util.Utils;

import java.util.function.Supplier;

/** Whether DJL stays off the network: because the user has told it so, or while djlift loads DJL's libraries. */
public final class Offline {

    private static final String OFFLINE = "ai.djl.offline";
    /** Holds the very object that djlift has set the other to: a wish of the user, even a later one, is another. */
    private static final String WHILE_LOADING = "djlift.offline.while.loading";
    /** The same object for all class loaders: properties are the whole JVM's. */
    private static final String LOCK = ("djlift sets " + OFFLINE).intern();

    private Offline() {}

    /** Whether DJL is offline because the user wants it so, and not because djlift is loading. */
    public static boolean is() {
        String set = System.getProperty(OFFLINE);
        return Utils.isOfflineMode() && (set == null || set != System.getProperty(WHILE_LOADING));
    }

    /** Loads something with DJL offline, unless the user has decided; the property is then as it was before. */
    public static <T> T whileLoading(Supplier<T> load) {
        synchronized (LOCK) {
            if (System.getProperty(OFFLINE) != null || Utils.isOfflineMode()) {
                return load.get();
            }
            String own = new String("true");
            System.setProperty(WHILE_LOADING, own);
            System.setProperty(OFFLINE, own);
            try {
                return load.get();
            } finally {
                // What the user has set meanwhile stays.
                if (System.getProperty(OFFLINE) == own) {
                    System.clearProperty(OFFLINE);
                }
                System.clearProperty(WHILE_LOADING);
            }
        }
    }
}
