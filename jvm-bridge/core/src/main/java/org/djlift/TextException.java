package org.djlift;

/**
 * Thrown for an input that cannot be run. The message has its index and its first 60 characters; with the system
 * property {@code djlift.showTexts} set to {@code false} it has the length of the input instead. {@link #getCause()}
 * says why:
 *
 * <ul>
 *   <li>The input is longer than {@link ModelBuilder#maxCharacters} allows.
 *   <li>The tokenizer cannot take it, or no token is left: of an empty text where the model has no special tokens.
 *   <li>A part of it is missing: a question or a context that is empty, a text of {@link ZeroShotClassifier} that is
 *       empty or has no labels, a text of {@link MaskFiller} without a mask within {@link TextModel#maxLength()}.
 *   <li>Something does not fit into the model's limit beside it: the text beside a long label or question.
 *   <li>The engine fails on this input (an exception of DJL or ONNX Runtime), such as for a token that the model does
 *       not know, or for lack of memory.
 * </ul>
 *
 * <p>If the engine fails on every input that is tried, its exception is thrown as it is, for the call as a whole.
 */
public final class TextException extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int SHOWN = 60;
    private static final String SHOW = "djlift.showTexts";

    /** How many inputs were before it. */
    private final long index;

    TextException(long index, String input, Throwable cause) {
        super("input " + index + " cannot be run: " + cause.getMessage() + ": " + shortened(input), cause);
        this.index = index;
    }

    /**
     * Returns the index of the input.
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
