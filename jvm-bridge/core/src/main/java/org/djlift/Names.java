package org.djlift;

import java.util.regex.Pattern;

/** What an archive may be called, since its name becomes folders and files of a zoo. */
final class Names {

    static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    static final Pattern GROUP = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
    private static final int LONGEST_GROUP = 255;

    private Names() {}

    static boolean isGroup(String text) {
        return text.length() <= LONGEST_GROUP && GROUP.matcher(text).matches();
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }
}
