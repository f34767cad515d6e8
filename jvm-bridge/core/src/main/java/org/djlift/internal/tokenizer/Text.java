package org.djlift.internal.tokenizer;

/**
 * A text in both units: Java counts UTF-16 units, tokenizers and Hugging Face count code points.
 *
 * <p>A surrogate without its partner is no character and cannot cross to the tokenizer; U+FFFD takes its place, which
 * has the same length in both units.
 */
public final class Text {

    private final String value;
    /** UTF-16 unit at which each code point starts, and the length; null when the two units are the same. */
    private final int[] units;

    private Text(String value, int[] units) {
        this.value = value;
        this.units = units;
    }

    public static Text of(String text) {
        int length = text.length();
        int first = 0;
        while (first < length && !Character.isSurrogate(text.charAt(first))) {
            first++;
        }
        if (first == length) {
            return new Text(text, null);
        }
        String whole = withoutLoneSurrogates(text);
        int[] units = new int[whole.codePointCount(0, length) + 1];
        int unit = 0;
        for (int point = 0; point < units.length; point++) {
            units[point] = unit;
            if (unit < length) {
                unit += Character.charCount(whole.codePointAt(unit));
            }
        }
        return new Text(whole, units);
    }

    private static String withoutLoneSurrogates(String text) {
        StringBuilder whole = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            if (whole == null) {
                whole = new StringBuilder(text);
            }
            whole.setCharAt(i, '\uFFFD');
        }
        return whole == null ? text : whole.toString();
    }

    String value() {
        return value;
    }

    /** Length in code points. */
    int length() {
        return units == null ? value.length() : units.length - 1;
    }

    /** The UTF-16 unit at which a code point starts; past the end, the end. */
    public int unit(int codePoint) {
        int point = Math.min(codePoint, length());
        return units == null ? point : units[point];
    }

    /** As Python's {@code text[start:end]}: clipped, empty when the bounds are crossed. */
    public String slice(int start, int end) {
        int from = unit(start);
        return value.substring(from, Math.max(from, unit(end)));
    }

    /** Length in code points of {@link #slice}. */
    public int sliceLength(int start, int end) {
        return Math.max(0, Math.min(end, length()) - Math.min(start, length()));
    }

    /** Whether a code point within the text is a plain space. */
    public boolean isSpace(int codePoint) {
        return codePoint < length() && value.charAt(unit(codePoint)) == ' ';
    }
}
