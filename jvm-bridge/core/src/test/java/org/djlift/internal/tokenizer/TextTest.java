package org.djlift.internal.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Both units of a text agree with the characters, and slices with Python's. */
class TextTest {

    private static final String MIXED = "a\uD83D\uDE00b\uD83C\uDDEB\uD83C\uDDF7 c";

    @Test
    void unitsFollowTheCharacters() {
        Text text = Text.of(MIXED);
        assertEquals(MIXED.codePointCount(0, MIXED.length()), text.length());
        for (int point = 0; point <= text.length(); point++) {
            assertEquals(MIXED.offsetByCodePoints(0, point), text.unit(point));
        }
        assertEquals(MIXED.length(), text.unit(99));
        assertEquals(5, Text.of("plain").unit(99));
    }

    @Test
    void slicesAreClippedAsInPython() {
        for (String value : new String[] {MIXED, "plain ascii"}) {
            Text text = Text.of(value);
            assertEquals(value, text.slice(0, 99));
            assertEquals("", text.slice(3, 3));
            assertEquals("", text.slice(4, 2));
            assertEquals("", text.slice(50, 60));
            assertEquals(0, text.sliceLength(4, 2));
            assertEquals(0, text.sliceLength(50, 60));
            assertEquals(text.length() - 2, text.sliceLength(2, 60));
        }
        assertEquals("\uD83D\uDE00b", Text.of(MIXED).slice(1, 3));
    }

    @Test
    void onlyThePlainSpaceIsASpace() {
        Text text = Text.of("a\u00A0 \uD83D\uDE00 b");
        assertFalse(text.isSpace(1));
        assertTrue(text.isSpace(2));
        assertFalse(text.isSpace(3));
        assertTrue(text.isSpace(4));
        assertFalse(text.isSpace(99));
    }

    @Test
    void surrogatesAloneAreReplacedInPlace() {
        assertEquals(
                "\uFFFDa\uD83D\uDE00\uFFFD",
                Text.of("\uDE00a\uD83D\uDE00\uD83D").value());
        assertEquals("\uFFFD\uD83D\uDE00", Text.of("\uD83D\uD83D\uDE00").value());
        assertEquals(4, Text.of("\uDE00a\uD83D\uDE00\uD83D").length());
    }
}
