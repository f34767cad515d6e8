package org.djlift.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Folders in a folder so deep that no path leads to the last of them: nobody can walk it, not even root. */
public final class TooDeep implements AutoCloseable {

    private static final String NAME = "a".repeat(200);
    private static final int FOLDERS = 15;

    /** Where they begin. */
    public final Path top;

    private final Path half;
    private final Path joined;

    public TooDeep(Path within) throws IOException {
        top = within;
        Path bottom = within;
        half = within.resolveSibling("half-" + within.getFileName());
        Path other = half;
        for (int i = 0; i < FOLDERS; i++) {
            bottom = bottom.resolve(NAME);
            other = other.resolve(NAME);
        }
        Files.createDirectories(bottom);
        Files.createDirectories(other);
        joined = bottom.resolve("half");
        Files.move(half, joined);
    }

    @Override
    public void close() throws IOException {
        Files.move(joined, half);
    }
}
