package org.djlift.zoo;

import org.djlift.archive.ArchiveException;
import org.jspecify.annotations.Nullable;

import java.util.Objects;

/**
 * A zoo that cannot give an archive: the message names the file or address, what was expected, what was found and what
 * mends it.
 */
public class ZooException extends ArchiveException {

    private static final long serialVersionUID = 1L;

    /** Why there is no archive. */
    private final Reason reason;

    /** What mends it. */
    private final String mend;

    /** Why a zoo gives no archive. */
    public enum Reason {
        /** The zoo answers, and has no such model, version or precision. */
        ABSENT,
        /** The zoo does not answer, or must not be asked, and the cache has nothing that fits. */
        UNREACHABLE,
        /** What the zoo or the cache holds is not what it says it is, or the request makes no sense. */
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
    public ZooException(Reason reason, String file, String expected, String found, String mend, @Nullable Throwable cause) {
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
     * Returns what mends it.
     *
     * @return what to do
     */
    public String mend() {
        return mend;
    }
}
