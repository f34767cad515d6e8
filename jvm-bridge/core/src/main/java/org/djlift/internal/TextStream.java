package org.djlift.internal;

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
 * <p>Two sections are in memory at most, each of {@link Limits#texts} items or {@link Limits#characters} UTF-16 units,
 * whatever is reached first. The source is read on the caller's thread only, and never further than that. Not
 * thread-safe, as iterators are.
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

    /** How much is in memory at a time. */
    public static final class Limits {

        final int texts;
        final long characters;

        public Limits(int texts, long characters) {
            this.texts = texts;
            this.characters = characters;
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

    private Read current;
    private Section.Answers<O> answers;
    private int at;
    private long before;
    private Read next;
    private CompletableFuture<Section<I, O>> preparing;
    private Throwable broken;

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
        return (answers != null && at < answers.size()) || next != null || broken != null || source.hasNext();
    }

    @Override
    public R next() {
        if (answers == null || at == answers.size()) {
            advance();
        }
        int i = at++;
        T item = current.items.set(i, null);
        I given = current.inputs.set(i, null);
        return answer.of(before + i, item, given, answers.output(i), answers.failure(i));
    }

    /** Answers the next section, and has the one after it tokenized meanwhile. */
    private void advance() {
        before += answers == null ? 0 : answers.size();
        answers = null;
        at = 0;
        Section<I, O> section;
        if (next == null) {
            current = read();
            section = prepared(current);
        } else {
            current = next;
            section = joined();
        }
        next = null;
        preparing = null;
        if (broken == null && moreToRead()) {
            next = read();
            Read ahead = next;
            preparing = gate.whileOpen(() -> CompletableFuture.supplyAsync(() -> prepared(ahead), executor));
        }
        try {
            answers = gate.whileOpen(() -> pipeline.answers(section));
        } catch (RuntimeException | Error e) {
            // Nobody may close the tokenizer while it works.
            if (preparing != null) {
                preparing.handle((done, failed) -> done).join();
            }
            throw e;
        }
    }

    private boolean moreToRead() {
        try {
            return source.hasNext();
        } catch (RuntimeException | Error e) {
            broken = e;
            return false;
        }
    }

    private Section<I, O> prepared(Read read) {
        return gate.whileOpen(() -> pipeline.section(read.inputs, codec));
    }

    private Section<I, O> joined() {
        long start = System.nanoTime();
        try {
            return preparing.join();
        } catch (CompletionException e) {
            throw raised(e.getCause());
        } finally {
            Stages.since(start, pipeline.stages().waiting);
        }
    }

    /** A section of items; what the source throws comes after the items before it. */
    private Read read() {
        if (broken != null) {
            Throwable why = broken;
            broken = null;
            throw raised(why);
        }
        Read read = new Read();
        long characters = 0;
        try {
            while (read.items.size() < limits.texts && characters < limits.characters && source.hasNext()) {
                T item = source.next();
                I value = input.apply(item);
                read.items.add(item);
                read.inputs.add(value);
                characters += value == null ? 0 : codec.size(value);
            }
        } catch (RuntimeException | Error e) {
            if (read.items.isEmpty()) {
                throw e;
            }
            broken = e;
        }
        if (read.items.isEmpty()) {
            throw new NoSuchElementException();
        }
        return read;
    }

    /** Throws it again; returns never. */
    static RuntimeException raised(Throwable why) {
        if (why instanceof Error) {
            throw (Error) why;
        }
        throw (RuntimeException) why;
    }

    /** Items of a section and their inputs. */
    private final class Read {

        private final List<T> items = new ArrayList<>();
        private final List<I> inputs = new ArrayList<>();
    }
}
