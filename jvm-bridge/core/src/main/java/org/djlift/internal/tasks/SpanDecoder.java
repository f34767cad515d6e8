package org.djlift.internal.tasks;

import org.djlift.data.Answer;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Logits of starts and ends to answers: {@code postprocess} of transformers 4's {@code QuestionAnsweringPipeline}, as
 * djlift's qa_reference.py has it. Thread-safe.
 */
final class SpanDecoder {

    private static final float UNDESIRED = -10000f;
    private static final double NO_NULL_SCORE = 1000000;

    /** What a tokenizer says about pairs. */
    static final class Special {

        final boolean questionFirst;
        private final long cls;
        private final long padding;

        /**
         * @param questionFirst whether the tokenizer pads on the right
         * @param cls id of its cls token, -1 for none
         * @param padding id of its pad token, -1 for none
         */
        Special(boolean questionFirst, long cls, long padding) {
            this.questionFirst = questionFirst;
            this.cls = cls;
            this.padding = padding;
        }
    }

    private final Special special;
    private final int top;
    private final int longest;
    private final boolean impossible;
    private final boolean align;

    /**
     * @param top most answers
     * @param longest most tokens of an answer
     * @param impossible whether "there is no answer" is one
     * @param align whether answers are whole words
     */
    SpanDecoder(Special special, int top, int longest, boolean impossible, boolean align) {
        this.special = special;
        this.top = top;
        this.longest = longest;
        this.impossible = impossible;
        this.align = align;
    }

    /** The answers by falling score; of equal ones the first that was found comes first. */
    List<Answer> decode(Text context, List<Encoded> windows, List<Logits> outputs) {
        List<Found> answers = new ArrayList<>();
        Map<String, Found> byText = new HashMap<>();
        double none = NO_NULL_SCORE;
        for (int w = 0; w < windows.size(); w++) {
            Encoded window = windows.get(w);
            if (outputs.get(w) == null) {
                throw new IllegalStateException("expected tokens, found none: the model has nothing to look at");
            }
            boolean[] desired = desired(window);
            float[] starts = probabilities(outputs.get(w), 0, desired);
            float[] ends = probabilities(outputs.get(w), 1, desired);
            none = Math.min(none, starts[0] * ends[0]);
            starts[0] = 0f;
            ends[0] = 0f;
            // Some fall together where answers are whole words.
            long most = align ? 2L * top + 10 : top;
            for (Spans.Span span : Spans.best(starts, ends, longest, most)) {
                if (desired[span.start] && desired[span.end]) {
                    add(context, window, span, answers, byText);
                }
            }
        }
        if (impossible) {
            answers.add(new Found("", none, 0, 0));
        }
        // Stable, as Python's.
        answers.sort((a, b) -> Double.compare(b.score, a.score));
        List<Answer> best = new ArrayList<>();
        for (Found one : answers.subList(0, Math.min(top, answers.size()))) {
            best.add(new Answer(
                    one.text, one.score, context.unit(one.start), context.unit(one.end), one.start, one.end));
        }
        return best;
    }

    private void add(Text context, Encoded window, Spans.Span span, List<Found> answers, Map<String, Found> byText) {
        int shift = shift(window);
        int[] place = place(window, span.start - shift, span.end - shift);
        String text = context.slice(place[0], place[1]);
        String key = text.toLowerCase(Locale.ROOT);
        Found known = byText.get(key);
        if (known != null) {
            known.score += span.score;
            return;
        }
        Found found = new Found(text, span.score, place[0], place[1]);
        answers.add(found);
        byText.put(key, found);
    }

    /** Tokens that may be in an answer: the context's, and where a model points at when there is none. */
    private boolean[] desired(Encoded window) {
        int[] sequences = window.sequenceIds();
        boolean[] desired = new boolean[window.length()];
        for (int i = 0; i < desired.length; i++) {
            boolean own = !special.questionFirst || sequences[i] == 1 || window.ids()[i] == special.cls;
            desired[i] = own && window.attentionMask()[i] != 0;
        }
        return desired;
    }

    private static float[] probabilities(Logits logits, int column, boolean[] desired) {
        float[] values = new float[desired.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = desired[i] ? logits.values()[logits.at(i) + column] : UNDESIRED;
        }
        Scores.softmax(values, 0, values, 0, values.length);
        return values;
    }

    /** What the reference takes for padding on the left: pad tokens in the text itself. */
    private int shift(Encoded window) {
        int count = 0;
        if (!special.questionFirst && special.padding >= 0) {
            for (long id : window.ids()) {
                count += id == special.padding ? 1 : 0;
            }
        }
        return count;
    }

    /** Code points from a token to another, or of the words that they are in. */
    private int[] place(Encoded window, int start, int end) {
        if (align && start >= 0 && end >= 0) {
            int first = word(window, start, true);
            int last = word(window, end, false);
            if (first >= 0 && last >= 0) {
                return new int[] {window.starts()[first], window.ends()[last]};
            }
        }
        return new int[] {window.starts()[at(window, start)], window.ends()[at(window, end)]};
    }

    /** As Python counts: from the end where it is negative. */
    private static int at(Encoded window, int token) {
        return token < 0 ? token + window.length() : token;
    }

    /** The first or the last token, in the context, of the word with the number of a token's word; -1 for none. */
    private int word(Encoded window, int token, boolean first) {
        int[] words = window.wordIds();
        int[] sequences = window.sequenceIds();
        int context = special.questionFirst ? 1 : 0;
        int found = -1;
        for (int i = 0; i < words.length && words[token] >= 0; i++) {
            if (sequences[i] != context) {
                continue;
            }
            if (words[i] > words[token]) {
                break;
            }
            if (words[i] == words[token]) {
                found = i;
                if (first) {
                    break;
                }
            }
        }
        return found;
    }

    /** An answer whose score may still grow. */
    private static final class Found {

        private final String text;
        private double score;
        private final int start;
        private final int end;

        Found(String text, double score, int start, int end) {
            this.text = text;
            this.score = score;
            this.start = start;
            this.end = end;
        }
    }
}
