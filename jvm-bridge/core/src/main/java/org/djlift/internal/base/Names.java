package org.djlift.internal.base;

import java.util.regex.Pattern;

/** What an archive may be called, since its name becomes folders and files of a zoo. */
public final class Names {

    public static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    public static final Pattern GROUP = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
    private static final int LONGEST_GROUP = 255;

    private Names() {}

    public static boolean isGroup(String text) {
        return text.length() <= LONGEST_GROUP && GROUP.matcher(text).matches();
    }

    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }
}
