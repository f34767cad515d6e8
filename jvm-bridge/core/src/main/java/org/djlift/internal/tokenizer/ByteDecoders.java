package org.djlift.internal.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The decoders that put bytes together: those of byte-level BPE and of byte fallback. */
final class ByteDecoders {

    private static final int[] BYTE_OF_CHAR = bytesOfChars();

    private ByteDecoders() {}

    /** Each byte is a printable character; a token with any other character stands for itself. */
    static List<String> byteLevel(List<String> tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String token : tokens) {
            byte[] plain = mapped(token);
            byte[] all = plain == null ? token.getBytes(StandardCharsets.UTF_8) : plain;
            bytes.write(all, 0, all.length);
        }
        return Collections.singletonList(lossy(bytes.toByteArray()));
    }

    /**
     * Rust's {@code from_utf8_lossy}: one U+FFFD for each longest start of a character that does not go on. Java's own
     * decoder counts differently where bytes encode a surrogate.
     */
    private static String lossy(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        int i = 0;
        while (i < bytes.length) {
            int end = i + 1;
            int width = width(bytes[i]);
            while (end < i + width && end < bytes.length && continues(bytes, i, end)) {
                end++;
            }
            if (width > 0 && end == i + width) {
                text.append(new String(bytes, i, width, StandardCharsets.UTF_8));
            } else {
                text.append('\uFFFD');
            }
            i = end;
        }
        return text.toString();
    }

    /** Bytes of the character that a byte starts; 0 if it starts none. */
    private static int width(byte first) {
        int b = first & 0xFF;
        if (b < 0x80) {
            return 1;
        }
        if (b < 0xC2 || b > 0xF4) {
            return 0;
        }
        return b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    }

    private static boolean continues(byte[] bytes, int start, int at) {
        int first = bytes[start] & 0xFF;
        int b = bytes[at] & 0xFF;
        boolean second = at == start + 1;
        // No overlong forms, no surrogates, nothing past U+10FFFF.
        int low = second && first == 0xE0 ? 0xA0 : second && first == 0xF0 ? 0x90 : 0x80;
        int high = second && first == 0xED ? 0x9F : second && first == 0xF4 ? 0x8F : 0xBF;
        return b >= low && b <= high;
    }

    private static byte[] mapped(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = token.charAt(i);
            if (c >= BYTE_OF_CHAR.length || BYTE_OF_CHAR[c] < 0) {
                return null;
            }
            bytes[i] = (byte) BYTE_OF_CHAR[c];
        }
        return bytes;
    }

    /** GPT-2's table: printable Latin-1 stands for itself, the other 68 bytes follow from U+0100 on. */
    private static int[] bytesOfChars() {
        int[] table = new int[256 + 68];
        Arrays.fill(table, -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            table[printable ? b : next++] = b;
        }
        return table;
    }

    /** Tokens such as {@code <0xE2>} are bytes; a run of them that is no UTF-8 gives one U+FFFD for each byte. */
    static List<String> byteFallback(List<String> tokens) {
        List<String> pieces = new ArrayList<>(tokens.size());
        ByteArrayOutputStream run = new ByteArrayOutputStream();
        for (String token : tokens) {
            int b = fallbackByte(token);
            if (b >= 0) {
                run.write(b);
            } else {
                flush(run, pieces);
                pieces.add(token);
            }
        }
        flush(run, pieces);
        return pieces;
    }

    private static void flush(ByteArrayOutputStream run, List<String> pieces) {
        if (run.size() == 0) {
            return;
        }
        try {
            pieces.add(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(run.toByteArray()))
                    .toString());
        } catch (CharacterCodingException e) {
            pieces.addAll(Collections.nCopies(run.size(), "\uFFFD"));
        }
        run.reset();
    }

    private static int fallbackByte(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
            return -1;
        }
        int low = digit(token.charAt(4));
        // Rust's from_str_radix takes a leading plus.
        int high = token.charAt(3) == '+' ? 0 : digit(token.charAt(3));
        return low < 0 || high < 0 ? -1 : high * 16 + low;
    }

    private static int digit(char c) {
        // Character.digit also takes digits of other scripts.
        return c < 128 ? Character.digit(c, 16) : -1;
    }
}
