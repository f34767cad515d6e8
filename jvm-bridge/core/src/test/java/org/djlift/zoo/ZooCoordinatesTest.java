package org.djlift.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Optional;
import java.net.URI;

/** What is asked of a zoo, and which versions that means. */
class ZooCoordinatesTest {

    @Test
    void everyPartIsRead() {
        ZooCoordinates found = ZooCoordinates.parse("djlift://org.example/ner-minilm/[1.0,2.0)?precision=fp16");
        assertEquals("org.example", found.group());
        assertEquals("ner-minilm", found.name());
        assertEquals(Optional.of("[1.0,2.0)"), found.version());
        assertEquals(Optional.of("fp16"), found.precision());
        assertEquals("djlift://org.example/ner-minilm/%5B1.0%2C2.0%29?precision=fp16", found.toString());
        assertEquals(found, ZooCoordinates.parse(URI.create(found.toString()).toString()));
        assertEquals(
                found,
                ZooCoordinates.of("org.example", "ner-minilm")
                        .withVersion("[1.0,2.0)")
                        .withPrecision("fp16"));
        assertEquals(Optional.empty(), ZooCoordinates.parse("djlift://org.example/ner").version());
        assertEquals(Optional.empty(), ZooCoordinates.parse("djlift://my_group/ner/").precision());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "djlift://",
                "djlift://org.example",
                "djlift://org.example/",
                "djlift:///ner",
                "djl://org.example/ner",
                "djlift://org.example/ner/1.0/more",
                "djlift://org..example/ner",
                "djlift://org.example/..",
                "djlift://org.example/ner/..",
                "djlift://../ner/1.0",
                "djlift://org.example/%2e%2e/1.0",
                "djlift://org.example/a%2Fb/1.0",
                "djlift://org.example/ner/1.0?precision=",
                "djlift://a/b?x=y",
                "djlift://a/b?precision=fp16&precision=fp32",
                "djlift://a/b/%zz",
                "djlift://a/b/[1.0,2.0",
                "djlift://a/b/(1.0)",
                "djlift://a/b/[2.0,1.0]",
                "djlift://a/b/[1.0,1.0)",
                "djlift://a/b/1.0,2.0",
                "djlift://a/b/[1.0],",
                "djlift://a/b/1.0-beta",
                "djlift://a/b/latest",
                "djlift://a/b/[1.0]x",
                "djlift://a/b/[1..0,2]",
                "djlift://a/b/9999999999999999999"
            })
    void whatIsSomethingElseIsRefused(String text) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> ZooCoordinates.parse(text));
        assertTrue(e.getMessage().startsWith("expected "), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "'[1.0,2.0)', 1.0, true",
        "'[1.0,2.0)', 2.0, false",
        "'[1.0,2.0)', 1.99.3, true",
        "'[1.0,2.0)', 0.9, false",
        "'(1.0,2.0]', 1.0.0, false",
        "'(1.0,2.0]', 2.0, true",
        "'(,1.0]', 0.1, true",
        "'[1.0,)', 17, true",
        "'[1.0,)', 0.17, false",
        "[1.0], 1.0.0, true",
        "[1.0], 1.0.1, false",
        "'[1,2),[3,4)', 3.5, true",
        "'[1,2),[3,4)', 2.5, false",
        "'(,)', 5, true",
        "1.0, 1.0, true",
        "1.0, 1.0.0, false",
        "1.0, 1.1, false",
        ", 3.1, true",
        "'[1.9,1.10]', 1.10, true",
        "'[ 1.0 , 2.0 )', 1.5, true"
    })
    void aRangeIsMavens(String range, String version, boolean inside) {
        assertEquals(inside, new ZooRange(range).contains(version));
    }

    @ParameterizedTest
    @CsvSource({"1.0, 1.0.0, 0", "1.9, 1.10, -1", "2, 1.99.99, 1", "999999999999999999, 2, 1", "1.0.0.1, 1.0, 1"})
    void versionsAreNumbers(String left, String right, int order) {
        assertEquals(order, Integer.signum(ZooRange.compare(left, right)));
        assertEquals(-order, Integer.signum(ZooRange.compare(right, left)));
    }
}
