package org.djlift.internal.base;

/** Foreign text for messages: short, and harmless on a terminal. */
public final class Printable {

    private static final int LENGTH = 80;

    private Printable() {}

    /** The text, cut, with U+FFFD for what moves the cursor of a terminal or cannot be seen. */
    public static String text(String foreign) {
        StringBuilder shown = new StringBuilder();
        foreign.codePoints().limit(LENGTH).forEach(c -> shown.appendCodePoint(isPrintable(c) ? c : '\uFFFD'));
        boolean cut = foreign.codePointCount(0, foreign.length()) > LENGTH;
        return shown.append(cut ? "..." : "").toString();
    }

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
}
