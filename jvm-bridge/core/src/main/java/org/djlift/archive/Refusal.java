package org.djlift.archive;

import java.util.Locale;

/** Why an archive is refused. The codes are those of djlift's reader in Python; docs/archive.md says what they mean. */
public enum Refusal {
    /** There is no file. */
    ABSENT,
    /** The file is no whole zip. */
    NOT_A_ZIP,
    /** Bytes of the zip belong to no entry, or its headers disagree. */
    ZIP_LAYOUT,
    /** A name that is not plain, or leads out of the archive. */
    ENTRY_NAME,
    /** Two names that are one on some file system. */
    ENTRY_TWICE,
    /** A link, a device, a folder, an encrypted file or an unknown compression. */
    ENTRY_KIND,
    /** Code, or an archive within the archive. */
    CODE,
    /** More than an archive may be: a bomb, unless a limit was raised. */
    TOO_LARGE,
    /** A zip without djlift.json. */
    NO_MANIFEST,
    /** A djlift.json that is not of the documented form. */
    MANIFEST,
    /** An archive for a newer djlift. */
    NEWER_FORMAT,
    /** A file is not what the manifest says. */
    ALTERED,
    /** A model.onnx that is no ONNX model, or one of a form that no djlift archive holds. */
    GRAPH,
    /** Weights in another file than model.onnx.data, or outside of it. */
    GRAPH_FILE,
    /** Operators of a foreign domain, functions, or operators that loop or open files. */
    GRAPH_OPERATOR,
    /** Too many nodes, or graphs nested too deep. */
    GRAPH_SIZE,
    /** A file that must be JSON is not, or is JSON that readers understand differently. */
    JSON,
    /** Labels that cannot be. */
    CONFIG,
    /** A tokenizer.json that would take all memory, or is none. */
    TOKENIZER,
    /** A serving.properties that names classes, libraries, paths or unknown keys. */
    SETTINGS,
    /** Golden files that contradict themselves. */
    GOLDEN,
    /** Anything else; the message says what. */
    UNUSABLE;

    /**
     * Returns the code, as djlift's command line prints it.
     *
     * @return the name in lower case with hyphens, such as {@code zip-layout}
     */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
