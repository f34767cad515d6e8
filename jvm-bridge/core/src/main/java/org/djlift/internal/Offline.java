package org.djlift.internal;

import ai.djl.util.Utils;

/** Whether the user has told DJL to stay off the network. */
public final class Offline {

    private static final String OFFLINE = "ai.djl.offline";
    /** Says that nobody but djlift has set DJL offline. */
    private static final String BY_DEFAULT = "djlift.offline.by.default";

    private Offline() {}

    /** Whether DJL is offline because the user wants it so, and not because djlift keeps DJL from calling home. */
    public static boolean is() {
        return Utils.isOfflineMode() && !Boolean.getBoolean(BY_DEFAULT);
    }

    /** Sets DJL offline where the user has said nothing. */
    static void byDefault() {
        if (System.getProperty(OFFLINE) == null) {
            if (!Utils.isOfflineMode()) {
                System.setProperty(BY_DEFAULT, "true");
            }
            System.setProperty(OFFLINE, "true");
        }
    }
}
