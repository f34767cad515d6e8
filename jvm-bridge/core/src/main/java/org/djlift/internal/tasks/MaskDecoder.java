package org.djlift.internal.tasks;

import org.djlift.data.MaskFill;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.TokenizerFile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Logits of masks to tokens: {@code postprocess} of transformers' {@code FillMaskPipeline}. Thread-safe. */
final class MaskDecoder {

    private final TokenizerFile words;
    private final boolean cleanUp;
    private final long mask;
    private final long padding;

    /**
     * @param cleanUp whether spaces before punctuation go from what is decoded
     * @param mask id of the mask token
     * @param padding id of the padding token, -1 for none
     */
    MaskDecoder(TokenizerFile words, boolean cleanUp, long mask, long padding) {
        this.words = words;
        this.cleanUp = cleanUp;
        this.mask = mask;
        this.padding = padding;
    }

    /** Where the masks of a window are. */
    int[] masks(Encoded window) {
        int[] found = new int[window.length()];
        int count = 0;
        for (int i = 0; i < found.length; i++) {
            if (window.ids()[i] == mask) {
                found[count++] = i;
            }
        }
        return Arrays.copyOf(found, count);
    }

    /**
     * The tokens for each mask, by falling score; of equal ones the lower id first.
     *
     * @param logits a row for each mask
     * @param targets the ids to choose from, rising; null for all
     */
    List<List<MaskFill>> decode(Encoded window, Logits logits, long[] targets, int top) {
        int[] masks = masks(window);
        if (top > logits.columns()) {
            throw new IllegalArgumentException(
                    "expected at most " + logits.columns() + " for 'top_k', the model's vocabulary, found " + top);
        }
        float[] scores = new float[logits.columns()];
        List<List<MaskFill>> all = new ArrayList<>(masks.length);
        for (int i = 0; i < masks.length; i++) {
            Scores.softmax(logits.values(), logits.at(i), scores, 0, scores.length);
            List<MaskFill> fills = new ArrayList<>();
            for (int token : best(scores, targets, top)) {
                String sequence = sequence(window, masks[i], token, masks.length == 1);
                fills.add(new MaskFill(token, text(new long[] {token}, false), scores[token], sequence));
            }
            all.add(fills);
        }
        return all;
    }

    private static List<Integer> best(float[] scores, long[] targets, int top) {
        Comparator<Integer> bestFirst = (a, b) -> {
            int order = Scores.highestFirst(scores[a], scores[b]);
            return order != 0 ? order : Integer.compare(a, b);
        };
        PriorityQueue<Integer> kept = new PriorityQueue<>(top + 1, Collections.reverseOrder(bestFirst));
        int count = targets == null ? scores.length : targets.length;
        for (int i = 0; i < count; i++) {
            int token = targets == null ? i : (int) targets[i];
            if (token >= scores.length) {
                throw new IllegalArgumentException(
                        "expected targets below " + scores.length + ", the model's vocabulary, found " + token);
            }
            if (kept.size() < top) {
                kept.add(token);
            } else if (bestFirst.compare(token, kept.peek()) < 0) {
                kept.remove();
                kept.add(token);
            }
        }
        List<Integer> best = new ArrayList<>(kept);
        best.sort(bestFirst);
        return best;
    }

    /** The window with a token for a mask; as the reference, without padding, even where it is the token. */
    private String sequence(Encoded window, int at, long token, boolean skipSpecialTokens) {
        long[] ids = window.ids().clone();
        ids[at] = token;
        return text(Arrays.stream(ids).filter(id -> id != padding).toArray(), skipSpecialTokens);
    }

    private String text(long[] ids, boolean skipSpecialTokens) {
        String text = words.decode(ids, skipSpecialTokens);
        return cleanUp ? cleanUp(text) : text;
    }

    /** transformers' {@code clean_up_tokenization}, which is not quite that of the tokenizers library. */
    private static String cleanUp(String text) {
        return text.replace(" .", ".")
                .replace(" ?", "?")
                .replace(" !", "!")
                .replace(" ,", ",")
                .replace(" ' ", "'")
                .replace(" n't", "n't")
                .replace(" 'm", "'m")
                .replace(" 's", "'s")
                .replace(" 've", "'ve")
                .replace(" 're", "'re");
    }
}
