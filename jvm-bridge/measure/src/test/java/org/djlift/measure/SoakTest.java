package org.djlift.measure;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.djlift.support.Memory;
import org.djlift.support.OtherJvm;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;

/** Many threads for long get the same in flat memory, and a leak would be seen. {@code -Psoak=60} for a minute. */
class SoakTest {

    private static final String SECONDS = System.getProperty("soak", "2");

    @BeforeAll
    static void memoryCanBeTold() {
        assumeTrue(Files.isReadable(Memory.STATUS), "only Linux tells the resident memory");
        assumeTrue(Memory.trims(), "this JVM cannot give back what is free: JDK 17.0.9 or later, glibc");
    }

    @ParameterizedTest
    @ValueSource(strings = {"djl", "direct"})
    void manyThreadsForLongGetTheSameInFlatMemory(String kind) throws Exception {
        String output = OtherJvm.run(0, Soak.class, Soak.OPTIONS, kind, SECONDS);
        System.out.print(output);
        assertTrue(output.contains("flat: heap stays"), output);
    }

    /** What an output, an encoding or an object that is left behind at each call looks like to the same verdict. */
    @ParameterizedTest
    @CsvSource({"leaked-output,beside it GROWS", "leaked-encoding,beside it GROWS", "leaked-object,heap GROWS"})
    void aLeakIsSeen(String kind, String verdict) throws Exception {
        String output = OtherJvm.run(1, Soak.class, Soak.OPTIONS, kind, "1");
        assertTrue(output.contains(verdict), output);
    }
}
