package org.djlift.internal.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** A file that is written beside another, before it takes that one's place. */
public final class PartialFile {

    private PartialFile() {}

    /** Makes one with the rights that new files have; a temporary file would be its owner's alone. */
    public static Path beside(Path target) throws IOException {
        return Files.createFile(target.resolveSibling("." + UUID.randomUUID() + ".partial"));
    }
}
