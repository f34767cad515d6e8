package org.djlift.internal.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Texts, and pairs of them, to windows of tokens, by the Rust tokenizer in DJL's jar.
 *
 * <p>DJL's own additions are switched off: it neither pads, lower-cases, strips accents nor adds spaces here, since
 * tokenizer.json says all of it. A tokenizer holds its limits, so there is one for each {@link Cut} in use; all are
 * made of what the file was at first, which may be gone by then. Thread-safe.
 */
public final class Tokenization implements AutoCloseable {

    /** The call without stride: one window, cut at the limit. */
    public static final int NO_STRIDE = -1;

    /** Tokens that have room for the special tokens of any pair. */
    private static final int ROOMY = 16;

    private static final TokenizersLibrary RUST = TokenizersLibrary.LIB;

    private final Path file;
    private final byte[] json;
    private final boolean truncates;
    private final int maxLength;
    private final boolean addsSpecialTokens;
    private final int specialTokens;
    /** Counted when the first pair comes; -1 before. */
    private volatile int specialTokensOfPair = -1;

    private final Tokenizers tokenizers = new Tokenizers(this::load);

    /** @param maxLength most tokens of a window, special tokens included; ignored unless it truncates. */
    public Tokenization(Path file, boolean truncates, int maxLength, boolean addsSpecialTokens) throws IOException {
        Native.load();
        this.file = file;
        this.json = Files.readAllBytes(file);
        this.truncates = truncates;
        this.maxLength = truncates ? maxLength : Integer.MAX_VALUE;
        this.addsSpecialTokens = addsSpecialTokens;
        this.specialTokens = addsSpecialTokens ? countSpecialTokens(false) : 0;
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

    /** Special tokens that are added to a text, or to a pair. */
    public int specialTokens(boolean pair) {
        if (!pair) {
            return specialTokens;
        }
        if (specialTokensOfPair < 0) {
            specialTokensOfPair = addsSpecialTokens ? countSpecialTokens(true) : 0;
        }
        return specialTokensOfPair;
    }

    /** The cut at the model's limit; none where it has no limit. */
    public Cut limit() {
        return truncates ? Cut.at(Cut.Side.LONGEST_FIRST, maxLength) : Cut.none();
    }

    /** Refuses a stride that leaves no room for text. */
    public void check(int stride) {
        check(cut(stride), false);
    }

    /** The windows of a text: one without stride, at least one with it. */
    public List<Encoded> windows(String text, int stride) {
        return windows(text, null, cut(stride));
    }

    private Cut cut(int stride) {
        return truncates && stride >= 0 ? Cut.windows(Cut.Side.LONGEST_FIRST, maxLength, stride) : limit();
    }

    /**
     * The windows of a text or a pair: one, or with overflow at least one.
     *
     * @param pair the second text; null for a single one
     * @throws IllegalArgumentException if what is cut has no room for the stride
     * @throws RuntimeException if the text to be cut cannot be cut far enough
     */
    public List<Encoded> windows(String text, String pair, Cut cut) {
        return windows(text, pair, cut, false);
    }

    /** The same windows, each with {@link Encoded#wordIds}. */
    public List<Encoded> windowsOfWords(String text, String pair, Cut cut) {
        return windows(text, pair, cut, true);
    }

    private List<Encoded> windows(String text, String pair, Cut cut, boolean words) {
        check(cut, pair != null);
        String first = Text.of(text).value();
        String second = pair == null ? null : Text.of(pair).value();
        if (second != null) {
            checkRoom(first, second, cut);
        }
        long encoding;
        try (Tokenizers.Lent lent = tokenizers.lend(cut)) {
            encoding = second == null
                    ? RUST.encode(lent.handle(), first, addsSpecialTokens)
                    : RUST.encodeDual(lent.handle(), first, second, addsSpecialTokens);
        }
        return windows(encoding, cut, second != null, words);
    }

    private static List<Encoded> windows(long encoding, Cut cut, boolean pair, boolean words) {
        try {
            Encoded first = encoded(encoding, pair, words);
            if (!cut.overflow || RUST.getOverflowCount(encoding) == 0) {
                return Collections.singletonList(first);
            }
            // As Hugging Face: the encoding, then its overflow; what overflows of the overflow is not looked at.
            return withOverflow(first, RUST.getOverflowing(encoding), pair, words);
        } finally {
            RUST.deleteEncoding(encoding);
        }
    }

    private static List<Encoded> withOverflow(Encoded first, long[] overflowing, boolean pair, boolean words) {
        List<Encoded> windows = new ArrayList<>(1 + overflowing.length);
        windows.add(first);
        try {
            for (long one : overflowing) {
                windows.add(encoded(one, pair, words));
            }
            return windows;
        } finally {
            for (long one : overflowing) {
                RUST.deleteEncoding(one);
            }
        }
    }

    /** Rust panics, and takes the process along, where a stride is not less than the tokens that are left of a text. */
    private void checkRoom(String first, String second, Cut cut) {
        if (cut.stride == 0) {
            return;
        }
        if (cut.side == Cut.Side.LONGEST_FIRST) {
            throw new IllegalArgumentException(
                    "a stride over pairs needs the text that is cut: only_first or only_second");
        }
        boolean cutsFirst = cut.side == Cut.Side.ONLY_FIRST;
        int room = cut.maxLength - specialTokens(true) - count(cutsFirst ? second : first);
        if (room <= cut.stride && room > 0 && count(cutsFirst ? first : second) > room) {
            throw new IllegalArgumentException("stride must be less than the " + room
                    + " tokens that are left of the text that is cut, but is " + cut.stride);
        }
    }

    /** Tokens of a text, however long, without special tokens. */
    public int count(String text) {
        return ids(text).length;
    }

    /** The ids of a text, however long, without special tokens. */
    public long[] ids(String text) {
        long encoding;
        try (Tokenizers.Lent lent = tokenizers.lend(Cut.none())) {
            encoding = RUST.encode(lent.handle(), Text.of(text).value(), false);
        }
        try {
            return RUST.getTokenIds(encoding);
        } finally {
            RUST.deleteEncoding(encoding);
        }
    }

    /** Tokens to text, as the tokenizer's decoder has it. */
    public String decode(long[] ids, boolean skipSpecialTokens) {
        try (Tokenizers.Lent lent = tokenizers.lend(limit())) {
            return RUST.decode(lent.handle(), ids, skipSpecialTokens);
        }
    }

    /** The text of an added token as the tokenizer sees it, normalized; the content if it never finds it there. */
    String surface(String content, long id) {
        Encoding encoding;
        try (Tokenizers.Lent lent = tokenizers.lend(limit())) {
            encoding = lent.tokenizer().encode(content, false, false);
        }
        for (int i = 0; i < encoding.getIds().length; i++) {
            if (encoding.getIds()[i] == id) {
                return encoding.getTokens()[i];
            }
        }
        return content;
    }

    @Override
    public void close() {
        tokenizers.close();
    }

    /** Tokenizers in memory. */
    int loaded() {
        return tokenizers.size();
    }

    /** Refuses a cut that leaves no room for text. */
    private void check(Cut cut, boolean pair) {
        int added = specialTokens(pair);
        if (cut.maxLength <= added) {
            throw new IllegalArgumentException(
                    "maxLength is " + cut.maxLength + ", but " + added + " special tokens leave no room for text");
        }
        if (cut.stride >= cut.maxLength - added) {
            throw new IllegalArgumentException("stride must be less than " + (cut.maxLength - added) + " (maxLength "
                    + cut.maxLength + " without " + added + " special tokens), but is " + cut.stride);
        }
    }

    private HuggingFaceTokenizer load(Cut cut) {
        Map<String, String> options = new HashMap<>();
        options.put("addSpecialTokens", Boolean.toString(addsSpecialTokens));
        options.put("padding", "do_not_pad");
        options.put("truncation", cut.side.name);
        options.put("stride", Integer.toString(cut.stride));
        options.put("padToMultipleOf", "0");
        if (cut.side != Cut.Side.NEITHER) {
            // DJL clamps the one by the other.
            options.put("maxLength", Integer.toString(cut.maxLength));
            options.put("modelMaxLength", Integer.toString(cut.maxLength));
        }
        try {
            return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    file + " cannot be read by the tokenizers library in DJL (" + Native.tokenizersVersion() + "): "
                            + e.getMessage(),
                    e);
        }
    }

    private int countSpecialTokens(boolean pair) {
        // A limit that has no room for a pair's special tokens must not be asked about them.
        Cut cut = pair && maxLength < ROOMY ? Cut.none() : limit();
        long encoding;
        try (Tokenizers.Lent lent = tokenizers.lend(cut)) {
            encoding = pair ? RUST.encodeDual(lent.handle(), "", "", true) : RUST.encode(lent.handle(), "", true);
        }
        try {
            int count = 0;
            for (long special : RUST.getSpecialTokenMask(encoding)) {
                count += special != 0 ? 1 : 0;
            }
            return count;
        } finally {
            RUST.deleteEncoding(encoding);
        }
    }

    /** Takes what is needed, and no more: DJL's {@link Encoding} has each token as a String besides. */
    private static Encoded encoded(long encoding, boolean pair, boolean words) {
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
        Encoded window = new Encoded(
                RUST.getTokenIds(encoding),
                RUST.getTypeIds(encoding),
                RUST.getAttentionMask(encoding),
                RUST.getSpecialTokenMask(encoding),
                starts,
                ends);
        if (words) {
            window = window.ofWords(ints(RUST.getWordIds(encoding)));
        }
        return pair ? window.ofPair(ints(RUST.getSequenceIds(encoding))) : window;
    }

    private static int[] ints(long[] values) {
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = (int) values[i];
        }
        return ints;
    }
}
