package org.djlift.internal.base;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON as djlift's reader in Python (strictjson.py) takes it, and nothing else.
 *
 * <p>Gson forgives what an attacker needs: a key that stands twice, NaN, text after the end, half a character. Objects
 * become maps, arrays lists, whole numbers {@link BigInteger}, others {@link Double}.
 */
public final class StrictJson {

    private static final int DEPTH = 32;
    /** Python's own limit; the time to read a number grows with its square. */
    private static final int DIGITS = 4300;
    /** Characters that a long holds, whichever they are. */
    private static final int SHORT = 18;

    private final String text;
    private final boolean loneSurrogates;
    private int at;

    private StrictJson(String text, boolean loneSurrogates) {
        this.text = text;
        this.loneSurrogates = loneSurrogates;
    }

    /** @throws IllegalArgumentException if the bytes are no JSON in UTF-8; the message says what and where. */
    public static Object parse(byte[] utf8) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("bytes that are not UTF-8", e);
        }
        return new StrictJson(text, false).whole();
    }

    /**
     * JSON of a caller's own, whose texts may hold half a character.
     *
     * @throws IllegalArgumentException if it is no JSON; the message says what and where.
     */
    static Object parse(String text) {
        return new StrictJson(text, true).whole();
    }

    private Object whole() {
        Object value = value(DEPTH);
        skipSpace();
        if (at < text.length()) {
            throw wrong("text after the end");
        }
        return value;
    }

    private Object value(int depth) {
        skipSpace();
        switch (peek()) {
            case '{':
                return object(depth);
            case '[':
                return array(depth);
            case '"':
                return string();
            case 't':
                return literal("true", Boolean.TRUE);
            case 'f':
                return literal("false", Boolean.FALSE);
            case 'n':
                return literal("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object(int depth) {
        open(depth);
        Map<String, Object> map = new LinkedHashMap<>();
        if (closes('}')) {
            return map;
        }
        do {
            skipSpace();
            if (peek() != '"') {
                throw wrong("no key");
            }
            String key = string();
            skipSpace();
            if (peek() != ':') {
                throw wrong("no colon");
            }
            at++;
            if (map.containsKey(key)) {
                throw wrong("a key stands twice");
            }
            map.put(key, value(depth - 1));
        } while (goesOn('}'));
        return map;
    }

    private List<Object> array(int depth) {
        open(depth);
        List<Object> list = new ArrayList<>();
        if (closes(']')) {
            return list;
        }
        do {
            list.add(value(depth - 1));
        } while (goesOn(']'));
        return list;
    }

    private void open(int depth) {
        if (depth == 0) {
            throw wrong("nested deeper than " + DEPTH);
        }
        at++;
    }

    private boolean closes(char end) {
        skipSpace();
        if (peek() == end) {
            at++;
            return true;
        }
        return false;
    }

    private boolean goesOn(char end) {
        if (closes(end)) {
            return false;
        }
        if (peek() != ',') {
            throw wrong("no comma");
        }
        at++;
        return true;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        boolean surrogates = false;
        for (at++; peek() != '"'; at++) {
            char c = peek();
            if (c < ' ') {
                throw wrong("an unfinished string");
            }
            char read = c == '\\' ? escaped() : c;
            surrogates |= Character.isSurrogate(read);
            string.append(read);
        }
        at++;
        // Half a character has no UTF-8, so it cannot be a name of anything.
        boolean halves = surrogates
                && string.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        if (halves && !loneSurrogates) {
            throw wrong("a surrogate alone");
        }
        return string.toString();
    }

    private char escaped() {
        at++;
        int plain = "\"\\/bfnrt".indexOf(peek());
        if (plain >= 0) {
            return "\"\\/\b\f\n\r\t".charAt(plain);
        }
        if (peek() != 'u' || at + 4 >= text.length()) {
            throw wrong("an unknown escape");
        }
        int c = 0;
        for (int i = 0; i < 4; i++) {
            at++;
            int digit = peek() < 128 ? Character.digit(peek(), 16) : -1;
            if (digit < 0) {
                throw wrong("an unknown escape");
            }
            c = c * 16 + digit;
        }
        return (char) c;
    }

    private Object number() {
        int start = at;
        at += peek() == '-' ? 1 : 0;
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        int whole = at;
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            at += peek() == '+' || peek() == '-' ? 1 : 0;
            digits();
        }
        String number = text.substring(start, at);
        if (at - start > DIGITS) {
            throw wrong("a number of " + (at - start) + " digits");
        }
        if (at == whole) {
            // Golden cases are numbers by the hundred thousand, all short.
            return number.length() <= SHORT ? BigInteger.valueOf(Long.parseLong(number)) : new BigInteger(number);
        }
        double value = Double.parseDouble(number);
        if (Double.isInfinite(value)) {
            throw wrong("a number out of range");
        }
        return value;
    }

    private void digits() {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == start) {
            throw wrong("no value");
        }
    }

    private Object literal(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong("no value");
        }
        at += word.length();
        return value;
    }

    private void skipSpace() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
            at++;
        }
    }

    /** The character here; 0, which JSON holds nowhere, at the end. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(what + " at character " + at);
    }
}
