package org.djlift.zoo;

import org.djlift.archive.ArchiveException;
import org.jspecify.annotations.Nullable;

import java.util.Objects;

/**
 * Thrown when a zoo cannot give an archive. The message names the file or address, what was expected, what was found
 * and what to do about it.
 *
 * <p>{@link #reason()} says why; {@link #refusal()} is {@link org.djlift.archive.Refusal#UNUSABLE} for each of these
 * exceptions, as it is about the content of an archive. An archive that came from a zoo and then turns out to be
 * malformed is a plain {@link ArchiveException} with a refusal of its own.
 */
public class ZooException extends ArchiveException {

    private static final long serialVersionUID = 1L;

    /** Why there is no archive. */
    private final Reason reason;

    /** What to do about it. */
    private final String mend;

    /** Why a zoo gives no archive. */
    public enum Reason {
        /**
         * The zoo has no such model, version or precision: nothing fits, the server answers 404 or 410, or the folder
         * of the zoo does not exist.
         */
        ABSENT,
        /** The zoo does not answer, or DJL is set offline, and the cache has nothing that fits. */
        UNREACHABLE,
        /**
         * No zoo is named; its address or another setting is malformed; the server denies access (401, 403, 407); the
         * zoo holds the model for several tasks and none was asked for; or a file is not what the metadata says.
         */
        REFUSED
    }

    /**
     * Makes an exception.
     *
     * @param reason why there is no archive
     * @param file the file or address
     * @param expected what a zoo holds there
     * @param found what this one holds
     * @param mend what to do about it
     */
    public ZooException(Reason reason, String file, String expected, String found, String mend) {
        this(reason, file, expected, found, mend, null);
    }

    /**
     * Makes an exception with its cause.
     *
     * @param reason why there is no archive
     * @param file the file or address
     * @param expected what a zoo holds there
     * @param found what this one holds
     * @param mend what to do about it
     * @param cause the failure beneath, or null
     */
    public ZooException(
            Reason reason, String file, String expected, String found, String mend, @Nullable Throwable cause) {
        super(file, expected, found + "; " + mend, cause);
        this.reason = Objects.requireNonNull(reason, "reason");
        this.mend = mend;
    }

    /**
     * Returns why there is no archive.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }

    /**
     * Returns what to do about it.
     *
     * @return the advice, as it stands at the end of the message
     */
    public String mend() {
        return mend;
    }
}
