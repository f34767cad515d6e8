package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.data.Entity;
import org.djlift.data.StageTimes;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.EncodedBatch;
import org.djlift.support.Tiny;
import org.djlift.support.WithTinyClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Streams of texts: order, bounds, equal texts, failures. */
class StreamTest extends WithTinyClassifier {

    @Test
    void aStreamGivesWhatAListGives() throws Exception {
        List<String> texts = Tiny.texts();
        for (int lookAhead : new int[] {1, 3, 7, 10_000}) {
            try (TokenClassifier other =
                    TokenClassifier.builder(Tiny.FOLDER).lookAhead(lookAhead).build()) {
                List<List<Entity>> found = new ArrayList<>();
                other.classify(texts.iterator()).forEachRemaining(found::add);
                same(classifier.classify(texts), found);
            }
        }
    }

    @Test
    void noTextIsReorderedLostOrDoubled() {
        int count = 100_000;
        Iterator<Outcome<Integer, List<Entity>>> found =
                classifier.classify(IntStream.range(0, count).iterator(), n -> n % 3 == 0 ? "" : "a" + n % 50);
        int expected = 0;
        while (found.hasNext()) {
            assertEquals(expected++, found.next().item());
        }
        assertEquals(count, expected);
        assertThrows(NoSuchElementException.class, found::next);
    }

    @Test
    void theSourceIsReadOnTheCallersThreadAndNoFurtherThanTwiceTheLookAhead() throws Exception {
        Thread here = Thread.currentThread();
        int[] taken = new int[1];
        try (TokenClassifier other =
                TokenClassifier.builder(Tiny.FOLDER).lookAhead(10).build()) {
            Iterator<List<Entity>> found = other.classify(new Source(here, taken, 100));
            assertEquals(0, taken[0]);
            for (int given = 1; given <= 100; given++) {
                found.next();
                assertTrue(taken[0] <= given + 20, taken[0] + " were taken for result " + given);
            }
        }
    }

    @Test
    void longTextsAreFewerAtATime() {
        int[] taken = new int[1];
        String text = "x ".repeat(1 << 20);
        classifier
                .classify(Stream.generate(() -> text)
                        .peek(t -> taken[0]++)
                        .limit(64)
                        .iterator())
                .next();
        assertTrue(taken[0] <= 4, taken[0] + " long texts were taken");
    }

    @Test
    void equalTextsGiveEqualListsThatAreNotTheSame() {
        String text = withEntities();
        List<List<Entity>> found = classifier.classify(List.of(text, text));
        assertEquals(found.get(0), found.get(1));
        assertNotSame(found.get(0), found.get(1));
        found.get(0).clear();
        assertFalse(found.get(1).isEmpty());
    }

    @Test
    void nullIsAnAnswerWithItemsAndAMistakeWithout() {
        List<Outcome<String, List<Entity>>> found = new ArrayList<>();
        classifier
                .classify(Arrays.asList("a", null, "b").iterator(), Function.identity())
                .forEachRemaining(found::add);
        assertNull(found.get(1).item());
        assertTrue(found.get(1).output().isEmpty());
        assertEquals(
                List.of(), found.stream().flatMap(c -> c.failure().stream()).collect(Collectors.toList()));
        Iterator<List<Entity>> strict =
                classifier.classify(Arrays.asList("a", null).iterator());
        strict.next();
        assertEquals(
                "the input at index 1 is null",
                assertThrows(NullPointerException.class, strict::next).getMessage());
    }

    @Test
    void whatTheSourceThrowsComesAfterTheResultsBeforeIt() {
        IllegalStateException why = new IllegalStateException("the disk is gone");
        for (int good : new int[] {0, 1, 511, 512, 513, 1500}) {
            Iterator<Integer> broken = IntStream.range(0, good + 1)
                    .peek(n -> {
                        if (n == good) {
                            throw why;
                        }
                    })
                    .iterator();
            Iterator<Outcome<Integer, List<Entity>>> found = classifier.classify(broken, n -> "a");
            for (int n = 0; n < good; n++) {
                assertEquals(n, found.next().item());
            }
            assertSame(why, assertThrows(IllegalStateException.class, found::next));
        }
    }

    /** The source fails at its {@code next()}, or the function at the item, wherever that is in a section. */
    @Test
    void whatAnItemThrowsTakesNoAnswerDownAndTheItemIsCounted() throws Exception {
        try (TokenClassifier other =
                TokenClassifier.builder(Tiny.FOLDER).lookAhead(4).build()) {
            for (Throwable why :
                    List.of(new IllegalStateException("gone"), new IOException("gone"), new Error("gone"))) {
                for (int bad : new int[] {0, 1, 3, 4, 5, 8}) {
                    Iterator<Integer> plain =
                            List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9).iterator();
                    Iterator<Outcome<Integer, List<Entity>>> byFunction = other.classify(
                            plain,
                            n -> n == bad ? StreamTest.<RuntimeException>thrown(why) : n == bad + 1 ? UNKNOWN : "a");
                    List<Integer> found = upTo(byFunction, bad);
                    assertTrue(byFunction.hasNext());
                    assertSame(why, assertThrows(Throwable.class, byFunction::next));
                    byFunction.forEachRemaining(one -> found.add(one.item()));
                    List<Integer> all = IntStream.range(0, 10).boxed().collect(Collectors.toList());
                    all.remove((Integer) bad);
                    assertEquals(all, found);

                    Iterator<Outcome<Integer, List<Entity>>> bySource = other.classify(new Failing(bad, why), n -> "a");
                    List<Integer> before = upTo(bySource, bad);
                    assertSame(why, assertThrows(Throwable.class, bySource::next));
                    bySource.forEachRemaining(one -> before.add(one.item()));
                    assertEquals(all, before);
                }
            }
        }
    }

    @Test
    void anIndexCountsTheItemsOfWhatFailedBeforeIt(@TempDir Path folder) throws Exception {
        IllegalStateException why = new IllegalStateException("gone");
        try (TokenClassifier strict = TokenClassifier.load(Tiny.withoutUnknown(folder))) {
            for (int bad : new int[] {0, 511, 512, 513}) {
                Iterator<Outcome<Integer, List<Entity>>> found = strict.classify(
                        IntStream.range(0, 600)
                                .boxed()
                                .collect(Collectors.toList())
                                .iterator(),
                        n -> n == bad ? StreamTest.<RuntimeException>thrown(why) : n == bad + 1 ? UNKNOWN : "a");
                assertEquals(bad, upTo(found, bad).size());
                assertThrows(IllegalStateException.class, found::next);
                assertEquals(bad + 1, found.next().failure().orElseThrow().index());
            }
        }
    }

    /** After the first section: the second is what the closed classifier refuses, again and again, and never null. */
    @Test
    void aSectionThatFailsAsAWholeIsPassedOver() throws Exception {
        TokenClassifier other =
                TokenClassifier.builder(Tiny.FOLDER).lookAhead(2).build();
        Iterator<List<Entity>> found =
                other.classify(List.of("a", "b", "c", "d", "e").iterator());
        found.next();
        other.close();
        found.next();
        for (int section = 0; section < 2; section++) {
            assertTrue(found.hasNext());
            assertThrows(IllegalStateException.class, found::next);
        }
        assertFalse(found.hasNext());
        assertThrows(NoSuchElementException.class, found::next);
    }

    private static final String UNKNOWN = "\u0b95";

    private static List<Integer> upTo(Iterator<Outcome<Integer, List<Entity>>> found, int count) {
        List<Integer> items = new ArrayList<>();
        while (items.size() < count) {
            items.add(found.next().item());
        }
        return items;
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> String thrown(Throwable why) throws E {
        throw (E) why;
    }

    /** Ten numbers, in place of one of which something is thrown. */
    private static final class Failing implements Iterator<Integer> {

        private final int bad;
        private final Throwable why;
        private int next;

        Failing(int bad, Throwable why) {
            this.bad = bad;
            this.why = why;
        }

        @Override
        public boolean hasNext() {
            return next < 10;
        }

        @Override
        public Integer next() {
            if (next++ == bad) {
                StreamTest.<RuntimeException>thrown(why);
            }
            return next - 1;
        }
    }

    @Test
    void aTextThatCannotBeTokenizedIsNamedAndTheOthersAreNot(@TempDir Path folder) throws Exception {
        try (TokenClassifier strict = TokenClassifier.load(Tiny.withoutUnknown(folder))) {
            String poison = "\u0b95 " + "and more ".repeat(20);
            List<String> texts = List.of("a", "b", poison, "c");
            TextException e = assertThrows(TextException.class, () -> strict.classify(texts));
            assertEquals(2, e.index());
            assertTrue(e.getMessage().startsWith("input 2 cannot be run: "), e.getMessage());
            assertTrue(e.getMessage().contains("UNK"), e.getMessage());
            assertTrue(e.getMessage().endsWith("... (182 characters)"), e.getMessage());
            List<Outcome<String, List<Entity>>> found = new ArrayList<>();
            strict.classify(texts.iterator(), Function.identity()).forEachRemaining(found::add);
            assertEquals(4, found.size());
            assertEquals(2, found.get(2).failure().orElseThrow().index());
            assertThrows(TextException.class, () -> found.get(2).output().orElseThrow());
            assertTrue(found.get(3).failure().isEmpty());
        }
    }

    /** Known before it is tokenized: four million characters took 16 s and 630 MB, to be cut at 512 tokens. */
    @Test
    void aTextOfMoreCharactersThanAllowedFailsAlone() throws Exception {
        try (TokenClassifier strict =
                TokenClassifier.builder(Tiny.FOLDER).maxCharacters(15).build()) {
            // 15 UTF-16 units, the second one 16: an emoji has two.
            List<String> texts = List.of("Ada met Babbage", "Ada met Babba\ud83d\ude00e");
            List<Outcome<String, List<Entity>>> found = new ArrayList<>();
            strict.classify(texts.iterator(), Function.identity()).forEachRemaining(found::add);
            assertEquals(
                    classifier.classify(texts.get(0)), found.get(0).output().orElseThrow());
            String said = found.get(1).failure().orElseThrow().getMessage();
            assertTrue(said.contains("expected at most 15 characters (maxCharacters), found 16"), said);
            assertThrows(TextException.class, () -> strict.classify(texts.get(1)));
            assertThrows(TextException.class, () -> strict.classify(texts));
            assertThrows(IllegalArgumentException.class, () -> TokenClassifier.builder(Tiny.FOLDER)
                    .maxCharacters(0));
        }
    }

    @Test
    void messagesCanBeWithoutTheTexts() throws Exception {
        try (TokenClassifier strict =
                TokenClassifier.builder(Tiny.FOLDER).maxCharacters(3).build()) {
            System.setProperty("djlift.showTexts", "false");
            try {
                TextException e = assertThrows(TextException.class, () -> strict.classify("Ada met Babbage"));
                assertTrue(e.getMessage().endsWith("found 15: a text of 15 characters"), e.getMessage());
            } finally {
                System.clearProperty("djlift.showTexts");
            }
            TextException e = assertThrows(TextException.class, () -> strict.classify("Ada met Babbage"));
            assertTrue(e.getMessage().endsWith(": \"Ada met Babbage\""), e.getMessage());
        }
    }

    @Test
    void timesAndTokensAreCounted() throws Exception {
        try (TokenClassifier other =
                TokenClassifier.builder(Tiny.FOLDER).tokenBudget(64).build()) {
            other.classify("warm");
            StageTimes before = other.stageTimes();
            other.classify(Arrays.asList("Ada", null, "Ada", "Ada met Babbage").iterator(), Function.identity())
                    .forEachRemaining(found -> {});
            StageTimes done = other.stageTimes().since(before);
            EncodedBatch encoded = other.runner.encode(List.of("Ada", "Ada met Babbage"), Parameters.none());
            assertEquals(3, done.texts());
            assertEquals(1, done.runs());
            assertEquals(2L * encoded.inputIds()[0].length, done.paddedTokens());
            assertTrue(done.tokens() < done.paddedTokens() && done.tokens() > 0, done.toString());
            assertTrue(done.tokenizeNanos() > 0 && done.runNanos() > 0 && done.decodeNanos() > 0, done.toString());
            assertEquals(0, done.waitNanos());
            List<String> many =
                    IntStream.range(0, 2000).mapToObj(i -> "Ada " + i).collect(Collectors.toList());
            other.classify(many);
            assertTrue(other.stageTimes().waitNanos() > 0);
        }
    }

    @Test
    void aStreamOfAClosedClassifierFails() throws Exception {
        TokenClassifier other =
                TokenClassifier.builder(Tiny.FOLDER).lookAhead(2).build();
        Iterator<List<Entity>> found =
                other.classify(List.of("a", "b", "c", "d", "e").iterator());
        found.next();
        other.close();
        found.next();
        assertThrows(IllegalStateException.class, found::next);
    }

    @Test
    void closingWaitsForNobodyWhoWaitsForIt() throws Exception {
        for (int round = 0; round < 20; round++) {
            TokenClassifier other =
                    TokenClassifier.builder(Tiny.FOLDER).lookAhead(4).build();
            Thread closing = new Thread(other::close);
            Iterator<List<Entity>> found =
                    other.classify(Stream.generate(() -> "a b c").iterator());
            found.next();
            closing.start();
            assertThrows(IllegalStateException.class, () -> {
                while (true) {
                    found.next();
                }
            });
            closing.join();
        }
    }

    @Test
    void aLookAheadOfNothingIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> TokenClassifier.builder(Tiny.FOLDER)
                .lookAhead(0));
    }

    private static String withEntities() {
        List<String> texts = Tiny.texts();
        List<List<Entity>> found = classifier.classify(texts);
        return IntStream.range(0, texts.size())
                .filter(i -> found.get(i).size() > 1)
                .mapToObj(texts::get)
                .findFirst()
                .orElseThrow();
    }

    /** Runs have other texts beside a text, so the last bit of a score may differ. */
    private static void same(List<List<Entity>> expected, List<List<Entity>> found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i).size(), found.get(i).size());
            for (int k = 0; k < expected.get(i).size(); k++) {
                Entity one = expected.get(i).get(k);
                Entity other = found.get(i).get(k);
                assertEquals(
                        List.of(one.label(), one.word(), one.start(), one.end()),
                        List.of(other.label(), other.word(), other.start(), other.end()));
                assertEquals(one.score(), other.score(), 1e-5);
            }
        }
    }

    /** The tiny archive with a tokenizer that has no token for what it does not know. */
    /** Counts what is taken, and on which thread. */
    private static final class Source implements Iterator<String> {

        private final Thread reader;
        private final int[] taken;
        private final int count;

        Source(Thread reader, int[] taken, int count) {
            this.reader = Objects.requireNonNull(reader);
            this.taken = taken;
            this.count = count;
        }

        @Override
        public boolean hasNext() {
            assertSame(reader, Thread.currentThread());
            return taken[0] < count;
        }

        @Override
        public String next() {
            assertSame(reader, Thread.currentThread());
            return "text " + taken[0]++;
        }
    }
}
