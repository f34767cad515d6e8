package org.djlift;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The names of an archive's files: plain, relative, each once on every file system. */
final class EntryName {

    private static final int PATH_LIMIT = 1024;
    private static final int PART_LIMIT = 255;
    private static final int SHOWN = 80;

    private final Set<String> files = new HashSet<>();
    private final Set<String> folders = new HashSet<>();

    /** What a name must be and this one is not, after the names before it; null if it is well. */
    String whatIsWrong(String name) {
        String wrong = alone(name);
        if (wrong != null) {
            return wrong;
        }
        String folded = folded(name);
        if (!files.add(folded)) {
            return "each name once, whatever its case";
        }
        boolean clash = folders.contains(folded);
        for (int i = folded.indexOf('/'); i >= 0; i = folded.indexOf('/', i + 1)) {
            clash |= files.contains(folded.substring(0, i));
            folders.add(folded.substring(0, i));
        }
        return clash ? "no name that is a file and a folder" : null;
    }

    /** A name for a message: short, and harmless on a terminal. */
    static String shown(String name) {
        StringBuilder shown = new StringBuilder();
        name.codePoints().limit(SHOWN).forEach(c -> shown.appendCodePoint(isPrintable(c) ? c : '\uFFFD'));
        return shown.append(name.codePointCount(0, name.length()) > SHOWN ? "..." : "").toString();
    }

    private static String alone(String name) {
        if (name.isEmpty() || name.matches("(?s).*[\\\\:].*") || !name.codePoints().allMatch(EntryName::isPrintable)) {
            return "a plain relative name";
        }
        if (name.endsWith("/")) {
            return "files only";
        }
        List<String> parts = Arrays.asList(name.split("/", -1));
        if (parts.contains("") || parts.contains(".") || parts.contains("..")) {
            return "a name inside the archive";
        }
        boolean tooLong = name.length() > PATH_LIMIT
                || parts.stream().anyMatch(p -> p.getBytes(StandardCharsets.UTF_8).length > PART_LIMIT);
        if (tooLong) {
            return "a name of at most " + PATH_LIMIT + " characters, " + PART_LIMIT + " bytes a part";
        }
        // DJL compiles and loads what it finds there.
        String top = folded(parts.get(0));
        return top.equals("libs") || top.equals("lib") ? "no code (libs/, lib/)" : null;
    }

    /** As Python's isprintable: nothing that moves the cursor of a terminal, or cannot be seen. */
    private static boolean isPrintable(int codePoint) {
        switch (Character.getType(codePoint)) {
            case Character.CONTROL:
            case Character.FORMAT:
            case Character.SURROGATE:
            case Character.PRIVATE_USE:
            case Character.UNASSIGNED:
            case Character.LINE_SEPARATOR:
            case Character.PARAGRAPH_SEPARATOR:
                return false;
            case Character.SPACE_SEPARATOR:
                return codePoint == ' ';
            default:
                return true;
        }
    }

    /** Upper case first: that is what makes the sharp s two letters, as Python's casefold does. */
    private static String folded(String name) {
        return name.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    }
}
