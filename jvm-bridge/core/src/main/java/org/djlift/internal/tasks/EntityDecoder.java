package org.djlift.internal.tasks;

import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Text;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.internal.tokenizer.TokenizerFile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * From logits to entities, as transformers' {@code TokenClassificationPipeline} does it, its quirks included.
 *
 * <p>A step here bears the name that it has there. The difference is in the form: tokens are indexes into primitive
 * arrays, and a word is decoded only for an entity that is kept.
 */
public final class EntityDecoder {

    private static final float UNKNOWN = -1f;

    private final TokenizerFile tokenizer;
    private final String[] labels;
    private final Set<String> ignored;
    private final long unknownId;

    public EntityDecoder(TokenizerFile tokenizer, List<String> labels, Collection<String> ignored, long unknownId) {
        this.tokenizer = tokenizer;
        this.labels = labels.toArray(new String[0]);
        this.ignored = Set.copyOf(ignored);
        this.unknownId = unknownId;
    }

    /** The decoder that a model's folder describes. */
    public static EntityDecoder of(ModelFolder folder, Tokenization tokenization) throws IOException {
        List<String> ignored = new ArrayList<>();
        for (String label : folder.setting("ignoreLabels", "O").split(",")) {
            if (!label.isBlank()) {
                ignored.add(label.strip());
            }
        }
        String unknown = folder.setting("unkTokenId", null);
        long id = unknown == null ? folder.tokenizer().unknownId() : folder.tokenId("unkTokenId");
        return new EntityDecoder(folder.words(tokenization), folder.labels(), ignored, id);
    }

    /** The same decoder with other labels ignored. */
    public EntityDecoder ignoring(Collection<String> others) {
        return new EntityDecoder(tokenizer, List.of(labels), others, unknownId);
    }

    public List<String> labels() {
        return List.of(labels);
    }

    /** Entities of a text from the logits of its windows. */
    public List<Entity> decode(String text, List<Encoded> windows, List<Logits> logits, AggregationStrategy strategy) {
        Text sentence = Text.of(text);
        List<Entity> all = new ArrayList<>();
        for (int i = 0; i < windows.size(); i++) {
            if (windows.get(i).length() > 0) {
                all.addAll(new Window(sentence, windows.get(i), logits.get(i), strategy).entities());
            }
        }
        return windows.size() > 1 ? aggregateOverlapping(all) : all;
    }

    /** Keeps the longest, then the highest-scored, of entities that overlap between windows. */
    private static List<Entity> aggregateOverlapping(List<Entity> entities) {
        if (entities.isEmpty()) {
            return entities;
        }
        List<Entity> sorted = new ArrayList<>(entities);
        sorted.sort(Comparator.comparingInt(Entity::codePointStart));
        List<Entity> aggregated = new ArrayList<>();
        Entity previous = sorted.get(0);
        // The first is compared with itself; empty, it does not cover itself and is kept twice. So does the reference.
        for (Entity entity : sorted) {
            if (previous.codePointStart() <= entity.codePointStart()
                    && entity.codePointStart() < previous.codePointEnd()) {
                int current = entity.codePointEnd() - entity.codePointStart();
                int last = previous.codePointEnd() - previous.codePointStart();
                if (current > last || current == last && entity.score() > previous.score()) {
                    previous = entity;
                }
            } else {
                aggregated.add(previous);
                previous = entity;
            }
        }
        aggregated.add(previous);
        return aggregated;
    }

    private static boolean beginsB(String label) {
        return label.startsWith("B-");
    }

    private static String tag(String label) {
        return beginsB(label) || label.startsWith("I-") ? label.substring(2) : label;
    }

    /** What follows the first hyphen: Python's {@code label.split("-", 1)[-1]}. */
    private static String group(String label) {
        return label.substring(label.indexOf('-') + 1);
    }

    /** The tokens of one window that are not special, and what becomes of them. */
    private final class Window {

        private final Text sentence;
        private final Encoded encoded;
        private final AggregationStrategy strategy;
        private final int width;
        /** Positions in the window of the tokens that are not special. */
        private final int[] tokens;

        private final Logits logits;
        /** Room for the scores of one token, and which one's it holds; -1: none. */
        private final float[] scores;

        private int scored = -1;

        Window(Text sentence, Encoded encoded, Logits logits, AggregationStrategy strategy) {
            if (logits.columns() != labels.length) {
                throw new IllegalStateException(
                        "config.json names " + labels.length + " labels, model.onnx gives " + logits.columns());
            }
            this.sentence = sentence;
            this.encoded = encoded;
            this.strategy = strategy;
            this.width = labels.length;
            int[] kept = new int[encoded.length()];
            int count = 0;
            for (int i = 0; i < kept.length; i++) {
                if (encoded.specialTokensMask()[i] == 0) {
                    kept[count++] = i;
                }
            }
            this.tokens = Arrays.copyOf(kept, count);
            this.logits = logits;
            this.scores = new float[width];
        }

        /** The label of a token by its scores, which are looked at only where its logits do not tell. */
        private int label(int token) {
            int clear = Scores.clearArgmax(logits.values(), logits.at(tokens[token]), width);
            return clear >= 0 ? clear : Scores.argmax(scores(token), 0, width);
        }

        /** The scores of a token, until those of another are asked for. Most tokens are dropped without. */
        private float[] scores(int token) {
            if (scored != token) {
                Scores.softmax(logits.values(), logits.at(tokens[token]), scores, 0, width);
                scored = token;
            }
            return scores;
        }

        List<Entity> entities() {
            List<Word> words = strategy == AggregationStrategy.NONE || strategy == AggregationStrategy.SIMPLE
                    ? each()
                    : aggregateWords();
            List<Entity> entities = new ArrayList<>();
            if (strategy == AggregationStrategy.NONE) {
                for (Word word : words) {
                    if (!ignored.contains(labels[word.label])) {
                        int token = tokens[word.from];
                        entities.add(entity(labels[word.label], score(word), token(word.from), word, word, token));
                    }
                }
                return entities;
            }
            int first = 0;
            for (int i = 1; i <= words.size(); i++) {
                if (i == words.size() || !continues(words.get(i), words.get(i - 1))) {
                    groupSubEntities(words.subList(first, i), entities);
                    first = i;
                }
            }
            return entities;
        }

        private boolean continues(Word word, Word last) {
            String label = labels[word.label];
            return !beginsB(label) && tag(label).equals(tag(labels[last.label]));
        }

        private List<Word> each() {
            List<Word> words = new ArrayList<>(tokens.length);
            for (int i = 0; i < tokens.length; i++) {
                words.add(first(i, i + 1));
            }
            return words;
        }

        private List<Word> aggregateWords() {
            List<Word> words = new ArrayList<>();
            int first = 0;
            for (int i = 1; i <= tokens.length; i++) {
                if (i == tokens.length || !isSubword(tokens[i])) {
                    if (first < i) {
                        words.add(aggregateWord(first, i));
                    }
                    first = i;
                }
            }
            return words;
        }

        private Word aggregateWord(int from, int to) {
            if (to - from == 1) {
                // One token is its own maximum and mean.
                return first(from, to);
            }
            switch (strategy) {
                case FIRST:
                    return first(from, to);
                case MAX:
                    return max(from, to);
                case AVERAGE:
                    return average(from, to);
                default:
                    throw new IllegalStateException(strategy + " does not aggregate words");
            }
        }

        private Word first(int from, int to) {
            return new Word(from, to, label(from), UNKNOWN);
        }

        /** A word's score; that of its first token where it has none of its own. */
        private float score(Word word) {
            return word.score == UNKNOWN ? scores(word.from)[word.label] : word.score;
        }

        private Word max(int from, int to) {
            Word best = null;
            for (int i = from; i < to; i++) {
                float[] own = scores(i);
                int label = Scores.argmax(own, 0, width);
                float score = own[label];
                if (best == null || score > best.score) {
                    best = new Word(from, to, label, score);
                }
            }
            return best;
        }

        private Word average(int from, int to) {
            float[] means = new float[width];
            int[] counts = new int[width];
            for (int i = from; i < to; i++) {
                float[] own = scores(i);
                for (int label = 0; label < width; label++) {
                    if (!Float.isNaN(own[label])) {
                        means[label] += own[label];
                        counts[label]++;
                    }
                }
            }
            for (int label = 0; label < width; label++) {
                means[label] = counts[label] == 0 ? Float.NaN : means[label] / counts[label];
            }
            int label = Scores.argmax(means, 0, width);
            return new Word(from, to, label, means[label]);
        }

        private void groupSubEntities(List<Word> words, List<Entity> entities) {
            String label = group(labels[words.get(0).label]);
            if (ignored.contains(label)) {
                return;
            }
            float[] all = new float[words.size()];
            List<String> decoded = new ArrayList<>(all.length);
            for (int i = 0; i < all.length; i++) {
                Word word = words.get(i);
                all[i] = score(word);
                decoded.add(strategy == AggregationStrategy.SIMPLE ? token(word.from) : word(word));
            }
            Word last = words.get(words.size() - 1);
            String text = tokenizer.decoder().decode(decoded);
            entities.add(entity(label, Scores.nanmean(all, all.length), text, words.get(0), last, -1));
        }

        private String word(Word word) {
            List<String> all = new ArrayList<>(word.to - word.from);
            for (int i = word.from; i < word.to; i++) {
                all.add(token(i));
            }
            return tokenizer.decoder().decode(all);
        }

        /** The word of a token: its entry in the vocabulary, or the text itself when that is unknown. */
        private String token(int kept) {
            int token = tokens[kept];
            long id = encoded.ids()[token];
            return id == unknownId
                    ? sentence.slice(encoded.starts()[token], encoded.ends()[token])
                    : tokenizer.token(id);
        }

        private boolean isSubword(int token) {
            long id = encoded.ids()[token];
            if (id == unknownId) {
                return false;
            }
            int start = encoded.starts()[token];
            if (tokenizer.marksSubwords()) {
                return tokenizer.tokenLength(id) != sentence.sliceLength(start, encoded.ends()[token]);
            }
            return start > 0 && !sentence.isSpace(start - 1) && !sentence.isSpace(start);
        }

        private Entity entity(String label, float score, String word, Word first, Word last, int index) {
            int start = encoded.starts()[tokens[first.from]];
            int end = encoded.ends()[tokens[last.to - 1]];
            return new Entity(label, score, word, sentence.unit(start), sentence.unit(end), start, end, index);
        }
    }

    /**
     * Some tokens of a window, by their numbers among those that are not special, with one label. Its score is from 0
     * to 1 or NaN, or {@link #UNKNOWN} while nobody has asked for it.
     */
    private static final class Word {

        private final int from;
        private final int to;
        private final int label;
        private final float score;

        Word(int from, int to, int label, float score) {
            this.from = from;
            this.to = to;
            this.label = label;
            this.score = score;
        }
    }
}
