package org.djlift.internal;

import ai.djl.util.Utils;

/** Whether the user has told DJL to stay off the network. */
public final class Offline {

    private static final String OFFLINE = "ai.djl.offline";
    /** Holds the very object that djlift has set the other to: a wish of the user, even a later one, is another. */
    private static final String BY_DEFAULT = "djlift.offline.by.default";

    private Offline() {}

    /** Whether DJL is offline because the user wants it so, and not because djlift keeps DJL from calling home. */
    public static boolean is() {
        String set = System.getProperty(OFFLINE);
        return Utils.isOfflineMode() && (set == null || set != System.getProperty(BY_DEFAULT));
    }

    /** Sets DJL offline where the user has said nothing. */
    static void byDefault() {
        if (System.getProperty(OFFLINE) == null && !Utils.isOfflineMode()) {
            String own = new String("true");
            System.setProperty(BY_DEFAULT, own);
            System.setProperty(OFFLINE, own);
        }
    }
}
