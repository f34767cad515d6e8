package org.djlift.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One text at a time from many threads: the texts that come while the model runs share its next run.
 *
 * <p>There is no thread but the callers'. One that finds the model free runs its own text, at once or after a bounded
 * wait for others; one that finds it busy waits, and as a run ends the longest waiting caller runs its text and those
 * behind it that go with it. Each caller tokenizes and decodes for itself, beside the run of others. Thread-safe.
 */
public final class MicroBatches {

    /**
     * Tokens of padding that a run less is worth, and the share of padding that is taken with more texts: a short text
     * is not made to wait for the padding that a long one would give it.
     */
    private static final int PADDING = 64;

    private static final int SHARE = 4;

    /** What goes together, and for how long it is waited. */
    public static final class Limits {

        final int texts;
        final int tokens;
        final int runs;
        final long nanos;

        /**
         * @param texts most texts of a run
         * @param tokens most tokens of a run, padding included; a text of more has a run of its own
         * @param runs most runs at a time
         * @param nanos how long a text waits for others, at most
         */
        public Limits(int texts, int tokens, int runs, long nanos) {
            this.texts = texts;
            this.tokens = tokens;
            this.runs = runs;
            this.nanos = nanos;
        }
    }

    private final Pipeline pipeline;
    private final Limits limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition came = lock.newCondition();
    /** Under the lock: who waits for a run, the longest first; their tokens; who leads one, and who of them waits. */
    private final Deque<Ticket> queue = new ArrayDeque<>();

    private long queued;
    private int leading;
    private int gathering;

    public MicroBatches(Pipeline pipeline, Limits limits) {
        this.pipeline = pipeline;
        this.limits = limits;
    }

    /** Tokenizes, runs with others, decodes. */
    public <I, O, R> R run(I input, Codec<I, O> codec, TextStream.Answer<I, I, O, R> answer) {
        Section<I, O> section = pipeline.section(Collections.singletonList(input), codec);
        Ticket mine = new Ticket(section);
        if (mine.tokens > 0) {
            go(mine);
        }
        Section.Answers<O> answers = pipeline.decoded(section, mine.logits());
        return answer.of(0, input, input, answers.output(0), answers.failure(0));
    }

    private void go(Ticket mine) {
        boolean leads;
        lock.lock();
        try {
            // Whoever waits for others takes this one along.
            leads = leading < limits.runs && gathering == 0;
            if (leads) {
                leading++;
            } else {
                queue.add(mine);
                queued += mine.tokens;
                came.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (leads || mine.isToLead()) {
            lead(mine);
        }
    }

    /** A run with the text of the caller, and perhaps of others; then the next of those who wait may lead. */
    private void lead(Ticket mine) {
        List<Ticket> batch = Collections.singletonList(mine);
        try {
            batch = gathered(mine);
            run(batch);
        } catch (Throwable e) {
            for (Ticket ticket : batch) {
                ticket.failure = e;
            }
        } finally {
            handOver();
            for (Ticket ticket : batch) {
                ticket.wake(State.DONE);
            }
        }
    }

    private void handOver() {
        lock.lock();
        try {
            Ticket next = queue.poll();
            if (next == null) {
                leading--;
            } else {
                queued -= next.tokens;
                next.wake(State.LEADS);
            }
        } finally {
            lock.unlock();
        }
    }

    private List<Ticket> gathered(Ticket mine) {
        boolean interrupted = false;
        lock.lock();
        gathering++;
        try {
            while (!interrupted && queue.size() + 1 < limits.texts && queued + mine.tokens < limits.tokens) {
                long left = mine.since + limits.nanos - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                try {
                    came.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return fitting(mine);
        } finally {
            gathering--;
            lock.unlock();
            if (interrupted) {
                // The answer comes all the same, as it does from a classifier; only nobody is waited for any more.
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A text and those of the queue that go with it, the longest waiting first. */
    private List<Ticket> fitting(Ticket mine) {
        List<Ticket> batch = new ArrayList<>();
        batch.add(mine);
        int width = mine.width;
        long rows = mine.rows;
        long tokens = mine.tokens;
        Iterator<Ticket> others = queue.iterator();
        while (batch.size() < limits.texts && others.hasNext()) {
            Ticket other = others.next();
            int wide = Math.max(width, other.width);
            long padded = (rows + other.rows) * wide;
            long all = tokens + other.tokens;
            if (padded <= limits.tokens && padded - all <= PADDING + all / SHARE) {
                others.remove();
                queued -= other.tokens;
                batch.add(other);
                width = wide;
                rows += other.rows;
                tokens = all;
            }
        }
        return batch;
    }

    private void run(List<Ticket> batch) {
        if (batch.size() > 1) {
            try {
                together(batch);
                return;
            } catch (RuntimeException e) {
                // Whose failure it is shows when each runs by itself.
            }
        }
        for (Ticket ticket : batch) {
            try {
                ticket.found = pipeline.logits(ticket.section);
            } catch (RuntimeException e) {
                ticket.failure = e;
            }
        }
    }

    private void together(List<Ticket> batch) {
        List<Encoded> all = new ArrayList<>();
        batch.forEach(ticket -> all.addAll(ticket.windows));
        Logits[] logits = pipeline.run(all, RunPlan.byLength(Pipeline.lengths(all), Integer.MAX_VALUE), 0);
        int at = 0;
        for (Ticket ticket : batch) {
            ticket.found = Arrays.copyOfRange(logits, at, at + ticket.windows.size());
            at += ticket.windows.size();
        }
    }

    private enum State {
        WAITS,
        LEADS,
        DONE
    }

    /** A text on its way through the model. */
    private static final class Ticket {

        private final Thread caller = Thread.currentThread();
        private final long since = System.nanoTime();
        private final Section<?, ?> section;
        private final List<Encoded> windows;
        private final int width;
        private final int rows;
        private final long tokens;
        private Logits[] found;
        private Throwable failure;
        /** Written last by whoever wakes the caller, so what was found is seen by it. */
        private volatile State state = State.WAITS;

        Ticket(Section<?, ?> section) {
            this.section = section;
            this.windows = section.flat();
            int[] lengths = Pipeline.lengths(windows);
            int longest = 0;
            int some = 0;
            long sum = 0;
            for (int length : lengths) {
                longest = Math.max(longest, length);
                some += length > 0 ? 1 : 0;
                sum += length;
            }
            this.width = longest;
            this.rows = some;
            this.tokens = sum;
            this.found = new Logits[lengths.length];
        }

        /** Waits until it is to lead, or until it is done. An interrupt is kept for later: an answer is on its way. */
        boolean isToLead() {
            boolean interrupted = false;
            while (state == State.WAITS) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                caller.interrupt();
            }
            return state == State.LEADS;
        }

        void wake(State next) {
            state = next;
            LockSupport.unpark(caller);
        }

        Logits[] logits() {
            if (failure instanceof Error) {
                throw (Error) failure;
            }
            if (failure != null) {
                throw (RuntimeException) failure;
            }
            return found;
        }
    }
}
