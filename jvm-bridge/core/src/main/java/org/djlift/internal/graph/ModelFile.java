package org.djlift.internal.graph;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** model.onnx, and how ONNX Runtime gets it. */
final class ModelFile {

    static final String NAME = "model.onnx";
    private static final String WEIGHTS = "model.onnx.data";

    private ModelFile() {}

    /**
     * Whether ONNX Runtime opens it by its path. It takes paths in Java's own UTF-8, in which a character beyond the
     * Basic Multilingual Plane, such as an emoji, has six bytes, and then says that the file does not exist.
     */
    static boolean canBeOpened(Path directory) {
        return directory.toString().chars().noneMatch(c -> Character.isSurrogate((char) c));
    }

    /** The graph itself, for paths that ONNX Runtime cannot open. */
    static byte[] bytes(Path directory) throws IOException {
        if (Files.exists(directory.resolve(WEIGHTS))) {
            throw new IOException(
                    directory + ": expected a path without emoji or other characters beyond U+FFFF, since ONNX Runtime"
                            + " must open " + WEIGHTS + " by it, found one; move the folder, or for a zip set"
                            + " java.io.tmpdir");
        }
        return Files.readAllBytes(directory.resolve(NAME));
    }
}
