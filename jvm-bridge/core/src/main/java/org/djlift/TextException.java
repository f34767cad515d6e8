package org.djlift;

/**
 * An input that cannot be run, named by its place and its beginning; the cause says why. With the system property
 * {@code djlift.showTexts} set to {@code false} messages say how long a text is and nothing of what is in it.
 */
public final class TextException extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int SHOWN = 60;
    private static final String SHOW = "djlift.showTexts";

    /** Inputs before it. */
    private final long index;

    TextException(long index, String input, Throwable cause) {
        super("input " + index + " cannot be run: " + cause.getMessage() + ": " + shortened(input), cause);
        this.index = index;
    }

    /**
     * Returns where the input stands.
     *
     * @return the number of inputs before it in the call or the stream, nulls included
     */
    public long index() {
        return index;
    }

    /** The beginning of a text, one line, never half a character. */
    static String shortened(String text) {
        int points = text.codePointCount(0, text.length());
        if ("false".equalsIgnoreCase(System.getProperty(SHOW))) {
            return "a text of " + points + " characters";
        }
        String start = points <= SHOWN ? text : text.substring(0, text.offsetByCodePoints(0, SHOWN));
        StringBuilder line = new StringBuilder("\"");
        start.codePoints().forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
        line.append('"');
        return points <= SHOWN ? line.toString() : line + "... (" + points + " characters)";
    }
}
