package org.djlift.archive;

import org.jspecify.annotations.Nullable;

import java.io.IOException;

/**
 * Thrown for a file that is no djlift archive, is altered or malformed, is of another task, or fails its self-test. The
 * message names the file, what was expected and what was found.
 */
public class ArchiveException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Why it is refused. */
    private final Refusal refusal;

    /** The archive, or the entry within it. */
    private final String file;

    /** What a djlift archive holds there. */
    private final String expected;

    /** What this archive holds. */
    private final String found;

    /**
     * Makes an exception.
     *
     * @param file the archive, or the entry within it
     * @param expected what a djlift archive holds there
     * @param found what this one holds
     */
    public ArchiveException(String file, String expected, String found) {
        this(file, expected, found, null);
    }

    /**
     * Makes an exception with its cause.
     *
     * @param file the archive, or the entry within it
     * @param expected what a djlift archive holds there
     * @param found what this one holds
     * @param cause the failure beneath, or null
     */
    public ArchiveException(String file, String expected, String found, @Nullable Throwable cause) {
        this(Refusal.UNUSABLE, file, expected, found, cause);
    }

    /**
     * Makes an exception of a reader.
     *
     * @param refusal why the archive is refused
     * @param file the archive, or the entry within it
     * @param expected what a djlift archive holds there
     * @param found what this one holds
     */
    public ArchiveException(Refusal refusal, String file, String expected, String found) {
        this(refusal, file, expected, found, null);
    }

    /**
     * Makes an exception of a reader with its cause.
     *
     * @param refusal why the archive is refused
     * @param file the archive, or the entry within it
     * @param expected what a djlift archive holds there
     * @param found what this one holds
     * @param cause the failure beneath, or null
     */
    public ArchiveException(Refusal refusal, String file, String expected, String found, @Nullable Throwable cause) {
        super(file + ": expected " + expected + ", found " + found, cause);
        this.refusal = refusal;
        this.file = file;
        this.expected = expected;
        this.found = found;
    }

    /**
     * Returns why the archive is refused.
     *
     * @return the reason, whose code is that of djlift's reader in Python
     */
    public Refusal refusal() {
        return refusal;
    }

    /**
     * Returns the archive, or the entry within it.
     *
     * @return the file
     */
    public String file() {
        return file;
    }

    /**
     * Returns what a djlift archive holds there.
     *
     * @return what was expected
     */
    public String expected() {
        return expected;
    }

    /**
     * Returns what this archive holds.
     *
     * @return what was found
     */
    public String found() {
        return found;
    }
}
