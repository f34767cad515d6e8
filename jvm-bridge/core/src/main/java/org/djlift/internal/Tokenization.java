package org.djlift.internal;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Texts to windows of tokens, by the Rust tokenizer in DJL's jar.
 *
 * <p>DJL's own additions are switched off: it neither pads, lower-cases, strips accents nor adds spaces here, since
 * tokenizer.json says all of it. A tokenizer holds its stride, so there is one for each stride in use. Thread-safe.
 */
public final class Tokenization implements AutoCloseable {

    /** The call without stride: one window, cut at the limit. */
    public static final int NO_STRIDE = -1;

    private static final TokenizersLibrary RUST = TokenizersLibrary.LIB;

    private final Path file;
    private final boolean truncates;
    private final int maxLength;
    private final boolean addsSpecialTokens;
    private final int specialTokens;
    private final Map<Integer, HuggingFaceTokenizer> byStride = new ConcurrentHashMap<>();

    /** @param maxLength most tokens of a window, special tokens included; ignored unless it truncates. */
    public Tokenization(Path file, boolean truncates, int maxLength, boolean addsSpecialTokens) {
        Native.stayAtHome();
        this.file = file;
        this.truncates = truncates;
        this.maxLength = truncates ? maxLength : Integer.MAX_VALUE;
        this.addsSpecialTokens = addsSpecialTokens;
        this.specialTokens = addsSpecialTokens ? countSpecialTokens() : 0;
        if (truncates && specialTokens >= maxLength) {
            close();
            throw new IllegalArgumentException(
                    "maxLength is " + maxLength + ", but " + specialTokens + " special tokens leave no room for text");
        }
    }

    /** Most tokens of a window, special tokens included; Integer.MAX_VALUE without limit. */
    public int maxLength() {
        return maxLength;
    }

    /** Refuses a stride that leaves no room for text. */
    void check(int stride) {
        tokenizer(stride);
    }

    /** The windows of a text: one without stride, at least one with it. */
    public List<Encoded> windows(String text, int stride) {
        String whole = Text.of(text).value();
        long encoding = RUST.encode(tokenizer(stride).getHandle(), whole, addsSpecialTokens);
        try {
            Encoded first = encoded(encoding);
            if (stride < 0 || !truncates || RUST.getOverflowCount(encoding) == 0) {
                return Collections.singletonList(first);
            }
            // As Hugging Face: the encoding, then its overflow; what overflows of the overflow is not looked at.
            return withOverflow(first, RUST.getOverflowing(encoding));
        } finally {
            RUST.deleteEncoding(encoding);
        }
    }

    private static List<Encoded> withOverflow(Encoded first, long[] overflowing) {
        List<Encoded> windows = new ArrayList<>(1 + overflowing.length);
        windows.add(first);
        try {
            for (long one : overflowing) {
                windows.add(encoded(one));
            }
            return windows;
        } finally {
            for (long one : overflowing) {
                RUST.deleteEncoding(one);
            }
        }
    }

    /** The text of an added token as the tokenizer sees it, normalized; the content if it never finds it there. */
    String surface(String content, long id) {
        Encoding encoding = tokenizer(NO_STRIDE).encode(content, false, false);
        for (int i = 0; i < encoding.getIds().length; i++) {
            if (encoding.getIds()[i] == id) {
                return encoding.getTokens()[i];
            }
        }
        return content;
    }

    @Override
    public void close() {
        byStride.values().forEach(HuggingFaceTokenizer::close);
    }

    private HuggingFaceTokenizer tokenizer(int stride) {
        // Without a limit nothing overflows, so the stride has no meaning.
        int key = truncates ? Math.max(stride, 0) : 0;
        if (key >= maxLength - specialTokens) {
            throw new IllegalArgumentException(
                    "stride must be less than " + (maxLength - specialTokens) + " (maxLength " + maxLength + " without "
                            + specialTokens + " special tokens), but is " + stride);
        }
        return byStride.computeIfAbsent(key, this::load);
    }

    private HuggingFaceTokenizer load(int stride) {
        Map<String, String> options = new HashMap<>();
        options.put("addSpecialTokens", Boolean.toString(addsSpecialTokens));
        options.put("padding", "do_not_pad");
        options.put("truncation", Boolean.toString(truncates));
        options.put("stride", Integer.toString(stride));
        options.put("padToMultipleOf", "0");
        if (truncates) {
            // DJL clamps the one by the other.
            options.put("maxLength", Integer.toString(maxLength));
            options.put("modelMaxLength", Integer.toString(maxLength));
        }
        try {
            return HuggingFaceTokenizer.newInstance(file, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    file + " cannot be read by the tokenizers library in DJL (" + Native.tokenizersVersion()
                            + "): " + e.getMessage(),
                    e);
        }
    }

    private int countSpecialTokens() {
        int count = 0;
        for (long special : byStride.computeIfAbsent(0, this::load).encode("", true, false).getSpecialTokenMask()) {
            count += special != 0 ? 1 : 0;
        }
        return count;
    }

    /** Takes what is needed, and no more: DJL's {@link Encoding} has each token as a String besides. */
    private static Encoded encoded(long encoding) {
        CharSpan[] spans = RUST.getTokenCharSpans(encoding);
        int[] starts = new int[spans.length];
        int[] ends = new int[spans.length];
        for (int i = 0; i < spans.length; i++) {
            // DJL has no span for special tokens; Hugging Face says (0, 0).
            if (spans[i] != null) {
                starts[i] = spans[i].getStart();
                ends[i] = spans[i].getEnd();
            }
        }
        return new Encoded(
                RUST.getTokenIds(encoding),
                RUST.getTypeIds(encoding),
                RUST.getAttentionMask(encoding),
                RUST.getSpecialTokenMask(encoding),
                starts,
                ends);
    }
}
