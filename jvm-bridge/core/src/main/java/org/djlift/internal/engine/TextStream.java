package org.djlift.internal.engine;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Items in, answers out, in the same order: while one section of them runs, the next is tokenized on another thread.
 *
 * <p>Two sections are in memory at most, each of {@link Limits#texts} items, {@link Limits#characters} UTF-16 units or
 * {@link Limits#bytes} of items that are {@link Sized}, whatever is reached first. The source is read on the caller's
 * thread only, and never further than that. Not thread-safe, as iterators are.
 *
 * @param <T> what carries an input
 * @param <I> an input
 * @param <O> an output
 * @param <R> what is made of an item and its output
 */
public final class TextStream<T, I, O, R> implements Iterator<R> {

    /** Makes an answer; {@code output} and {@code failure} are null for a null input. */
    public interface Answer<T, I, O, R> {

        R of(long index, T item, I input, O output, Throwable failure);
    }

    /** An item that holds more than its input does: a row with other columns. */
    public interface Sized {

        /** Roughly, what the whole item takes in memory. */
        long bytes();
    }

    /** How much is in memory at a time. */
    public static final class Limits {

        /** UTF-16 units of a text, on the average. */
        private static final long CHARACTERS = 4096;
        /** Bytes of a whole item, on the average. */
        private static final long BYTES = 8 * CHARACTERS;

        final int texts;
        final long characters;
        final long bytes;

        public Limits(int texts) {
            this.texts = texts;
            this.characters = texts * CHARACTERS;
            this.bytes = texts * BYTES;
        }

        boolean allow(int texts, long characters, long bytes) {
            return texts < this.texts && characters < this.characters && bytes < this.bytes;
        }
    }

    /** Runs what needs the model to stay open. */
    public interface Gate {

        <V> V whileOpen(Supplier<V> call);
    }

    private final Iterator<? extends T> source;
    private final Function<? super T, ? extends I> input;
    private final Pipeline pipeline;
    private final Codec<I, O> codec;
    private final Limits limits;
    private final Gate gate;
    private final Executor executor;
    private final Answer<T, I, O, R> answer;

    /** The section whose answers are handed out; without answers when it failed as a whole. */
    private Read current;

    private Section.Answers<O> answers;
    private int at;
    /** Items taken before the current section. */
    private long before;

    private Ahead next;

    public TextStream(
            Iterator<? extends T> source,
            Function<? super T, ? extends I> input,
            Pipeline pipeline,
            Codec<I, O> codec,
            Limits limits,
            Gate gate,
            Executor executor,
            Answer<T, I, O, R> answer) {
        this.source = source;
        this.input = input;
        this.pipeline = pipeline;
        this.codec = codec;
        this.limits = limits;
        this.gate = gate;
        this.executor = executor;
        this.answer = answer;
    }

    @Override
    public boolean hasNext() {
        boolean here = current != null && (at < current.items.size() || current.broken != null);
        return here || next != null || source.hasNext();
    }

    @Override
    public R next() {
        try {
            if (current == null || at == current.items.size()) {
                advance();
            }
            int i = at++;
            T item = current.items.set(i, null);
            I given = current.inputs.set(i, null);
            return answer.of(before + i, item, given, answers.output(i), answers.failure(i));
        } catch (Throwable e) {
            // The caller may close the model now, and nobody may close the tokenizer while it works.
            if (next != null && next.section != null) {
                next.section.handle((done, failed) -> done).join();
            }
            throw e;
        }
    }

    /** Answers the next section, and has the one after it tokenized meanwhile. */
    private void advance() {
        leave();
        Ahead ready = next;
        next = null;
        current = ready == null ? read() : ready.read;
        // Passed over by the next call, unless it is answered.
        at = current.items.size();
        if (current.items.isEmpty()) {
            leave();
            throw new NoSuchElementException();
        }
        Section<I, O> section = ready == null ? prepared(current) : joined(ready.section);
        if (current.broken == null) {
            next = ahead();
        }
        answers = gate.whileOpen(() -> pipeline.answers(section));
        at = 0;
    }

    /** Leaves the current section; what was thrown as its items were read comes after them. */
    private void leave() {
        Read left = current;
        current = null;
        answers = null;
        if (left != null) {
            before += left.taken;
            if (left.broken != null) {
                throw TextStream.<RuntimeException>raised(left.broken);
            }
        }
    }

    /** Reads the section after the current one and has it tokenized; null at the end of the source. */
    private Ahead ahead() {
        Read read = read();
        if (read.items.isEmpty()) {
            return read.broken == null ? null : new Ahead(read, null);
        }
        CompletableFuture<Section<I, O>> section;
        try {
            section = gate.whileOpen(() -> CompletableFuture.supplyAsync(() -> prepared(read), executor));
        } catch (RuntimeException | Error e) {
            // A failure of that section, not of the current one.
            section = CompletableFuture.failedFuture(e);
        }
        return new Ahead(read, section);
    }

    private Section<I, O> prepared(Read read) {
        return gate.whileOpen(() -> pipeline.section(read.inputs, codec));
    }

    private Section<I, O> joined(CompletableFuture<Section<I, O>> section) {
        long start = System.nanoTime();
        try {
            return section.join();
        } catch (CompletionException e) {
            throw TextStream.<RuntimeException>raised(e.getCause());
        } finally {
            Stages.since(start, pipeline.stages().waiting);
        }
    }

    /** Reads a section of items, none at the end of the source; what the source throws is kept with them. */
    private Read read() {
        Read read = new Read();
        long characters = 0;
        long bytes = 0;
        try {
            while (limits.allow(read.items.size(), characters, bytes) && source.hasNext()) {
                T item = source.next();
                read.taken++;
                I value = input.apply(item);
                characters += value == null ? 0 : codec.size(value);
                bytes += item instanceof Sized ? ((Sized) item).bytes() : 0;
                read.items.add(item);
                read.inputs.add(value);
            }
        } catch (Throwable e) {
            // A source in Kotlin or Scala throws checked exceptions too.
            read.broken = e;
        }
        return read;
    }

    /** Throws it again, checked or not; returns never. */
    @SuppressWarnings("unchecked")
    static <E extends Throwable> RuntimeException raised(Throwable why) throws E {
        throw (E) why;
    }

    /** Items of a section and their inputs. */
    private final class Read {

        private final List<T> items = new ArrayList<>();
        private final List<I> inputs = new ArrayList<>();
        /** Items taken from the source, with the one whose input could not be had. */
        private int taken;
        /** What was thrown behind the items; null if nothing was. */
        private Throwable broken;
    }

    /** A section that was read and is being tokenized; not tokenized where it has no items. */
    private final class Ahead {

        private final Read read;
        private final CompletableFuture<Section<I, O>> section;

        Ahead(Read read, CompletableFuture<Section<I, O>> section) {
            this.read = read;
            this.section = section;
        }
    }
}
