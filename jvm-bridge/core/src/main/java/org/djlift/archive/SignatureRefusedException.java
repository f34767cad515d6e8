package org.djlift.archive;

/** Thrown when an archive has no valid signature of the trusted key, or the key cannot be used. */
public final class SignatureRefusedException extends ArchiveException {

    private static final long serialVersionUID = 1L;

    /** Which rule was broken. */
    private final String code;

    /**
     * Makes an exception.
     *
     * @param code which rule was broken, such as {@code signature-other-key}
     * @param file the signature, the key, or the entry of the archive
     * @param expected what is trusted
     * @param found what is there
     */
    public SignatureRefusedException(String code, String file, String expected, String found) {
        super(file, expected, found);
        this.code = code;
    }

    /**
     * Returns which rule was broken, as {@code djlift verify --trust-key} names it too.
     *
     * @return {@code signature-absent}, {@code signature-unreadable}, {@code signature-other-key},
     *     {@code signature-false}, {@code signature-other-files} or {@code key-unusable}
     */
    public String code() {
        return code;
    }
}
