package org.djlift.internal.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

class CpuClassTest {

    @ParameterizedTest
    @CsvSource({
        "sse2 avx2 avx512bw avx512_vnni, vnni",
        "avx2 avx_vnni, vnni",
        "avx2 avx512f avx512bw, avx512",
        "sse2 avx2, avx2",
        "fp asimd, neon",
        "sse2, other"
    })
    void theBestThatACpuHasIsItsClass(String features, String expected) {
        assertEquals(expected, CpuClass.classified(List.of(features.split(" "))));
    }

    @Test
    void onlyInt8OfAnotherClassIsRemarkedOn() {
        assertEquals(Optional.empty(), CpuClass.remark("int8", "avx2", "avx2"));
        assertEquals(Optional.empty(), CpuClass.remark("fp32", "vnni", "avx2"));
        assertEquals(Optional.empty(), CpuClass.remark("fp16", null, "avx2"));
        String other = CpuClass.remark("int8", "vnni", "avx2").orElseThrow();
        assertTrue(other.contains("another class of CPU (vnni); this machine is avx2"), other);
        String unknown = CpuClass.remark("int8", null, "avx2").orElseThrow();
        assertTrue(unknown.contains("does not name"), unknown);
    }

    @Test
    void featuresAreReadFromTheFirstProcessor(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("cpuinfo");
        Files.writeString(file, "processor\t: 0\nflags\t\t: fpu AVX2 ssse3\nbugs\t\t: none\nflags\t\t: other\n");
        assertEquals(Set.of("fpu", "avx2", "ssse3"), CpuClass.features(file));
        assertEquals(Set.of(), CpuClass.features(folder.resolve("absent")));
    }
}
