package org.djlift.measure;

import org.djlift.Archive;
import org.djlift.TokenClassifier;
import org.djlift.internal.base.FileHash;
import org.djlift.zoo.Zoo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** Run by the Gradle task {@code checkCost}: what the checks at each load cost, beside the load itself. */
public final class CheckCost {

    private static final int TIMES = 7;

    private CheckCost() {}

    private interface Work {

        void run() throws IOException;
    }

    /** @param args an archive as a zip */
    public static void main(String[] args) throws IOException {
        Path zip = Path.of(args[0]);
        System.out.printf(Locale.ROOT, "%.1f MB%n", Files.size(zip) / 1e6);
        time("the zip against its metadata", () -> FileHash.of(zip, false));
        Path folder = Zoo.unpack(zip);
        time("the files against the manifest", () -> Archive.open(folder).close());
        time("a load from the folder", () -> TokenClassifier.load(folder).close());
    }

    private static void time(String what, Work work) throws IOException {
        long[] milliseconds = new long[TIMES];
        for (int i = 0; i < TIMES; i++) {
            long start = System.nanoTime();
            work.run();
            milliseconds[i] = (System.nanoTime() - start) / 1_000_000;
        }
        long first = milliseconds[0];
        Arrays.sort(milliseconds);
        System.out.printf(Locale.ROOT, "%-32s first %5d ms, median %5d ms%n", what, first, milliseconds[TIMES / 2]);
    }
}
