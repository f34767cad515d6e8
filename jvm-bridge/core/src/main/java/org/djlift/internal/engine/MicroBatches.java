package org.djlift.internal.engine;

import org.djlift.internal.graph.Logits;
import org.djlift.internal.tokenizer.Encoded;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
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
 * behind it that go with it. Each caller tokenizes and decodes for itself, beside the run of others. A text of more
 * windows than a run takes runs one step at a time, on the lanes that are free, and goes behind the others after it.
 * Thread-safe.
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
         * @param tokens most tokens of a run, padding included; a text of more has runs of its own
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
    private final OpenGate gate;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition came = lock.newCondition();
    /** Under the lock: who waits for a run, the longest first; their tokens; runs under way; who of them waits. */
    private final Deque<Ticket> queue = new ArrayDeque<>();

    private long queued;
    private int leading;
    private final List<Ticket> gathering = new ArrayList<>();

    /** @param gate that each call is within; nobody waits for others once it is being closed */
    public MicroBatches(Pipeline pipeline, Limits limits, OpenGate gate) {
        this.pipeline = pipeline;
        this.limits = limits;
        this.gate = gate;
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
        lock.lock();
        try {
            if (leading < limits.runs && !isTakenAlong(mine)) {
                leading++;
                mine.state = State.LEADS;
            } else {
                enqueue(mine);
                came.signalAll();
            }
        } finally {
            lock.unlock();
        }
        while (mine.isToLead()) {
            lead(mine);
        }
    }

    private void enqueue(Ticket ticket) {
        queue.add(ticket);
        queued += ticket.tokens;
    }

    private Ticket dequeue() {
        Ticket first = queue.poll();
        if (first != null) {
            queued -= first.tokens;
        }
        return first;
    }

    /** Whether one of those who wait for others would run this one too. */
    private boolean isTakenAlong(Ticket ticket) {
        List<Ticket> all = new ArrayList<>(queue);
        all.add(ticket);
        return gathering.stream().anyMatch(leader -> fitting(leader, all).contains(ticket));
    }

    /** A run with the text of the caller, and perhaps of others; then the next of those who wait may lead. */
    private void lead(Ticket mine) {
        List<Ticket> batch = Collections.singletonList(mine);
        int lanes = 1;
        boolean goesOn = false;
        try {
            if (mine.done == 0) {
                batch = gathered(mine);
            }
            if (batch.size() > 1) {
                run(batch);
            } else {
                lanes = taken(mine.plan.size() - mine.done);
                pipeline.steps(mine.section, mine.windows, mine.plan, mine.done, mine.done + lanes, mine.found);
                mine.done += lanes;
                goesOn = mine.done < mine.plan.size();
            }
        } catch (Throwable e) {
            for (Ticket ticket : batch) {
                ticket.failure = e;
            }
        } finally {
            handOver(lanes, goesOn ? mine : null);
            if (!goesOn) {
                batch.forEach(ticket -> ticket.wake(State.DONE));
            }
        }
    }

    /** Lanes for that many steps: the caller's own, and those that nobody waits for. */
    private int taken(int steps) {
        lock.lock();
        try {
            int more = Math.min(steps - 1, limits.runs - leading);
            leading += more;
            return 1 + more;
        } finally {
            lock.unlock();
        }
    }

    /** @param last a text that is not through; null for none */
    private void handOver(int lanes, Ticket last) {
        lock.lock();
        try {
            if (last != null) {
                last.state = State.WAITS;
                enqueue(last);
            }
            leading -= lanes;
            letLead();
        } finally {
            lock.unlock();
        }
    }

    /** Gives the free lanes to those who wait the longest. */
    private void letLead() {
        while (leading < limits.runs && !queue.isEmpty()) {
            leading++;
            dequeue().wake(State.LEADS);
        }
    }

    private List<Ticket> gathered(Ticket mine) {
        boolean interrupted = false;
        Runnable hurry = this::wakeLeaders;
        lock.lock();
        gathering.add(mine);
        try {
            long left = mine.since + limits.nanos - System.nanoTime();
            if (left > 0) {
                gate.beforeClosing(hurry);
            }
            while (left > 0
                    && !interrupted
                    && !gate.isClosing()
                    && queue.size() + 1 < limits.texts
                    && queued + mine.tokens < limits.tokens) {
                try {
                    left = came.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            List<Ticket> batch = fitting(mine, queue);
            for (Ticket other : batch.subList(1, batch.size())) {
                queue.remove(other);
                queued -= other.tokens;
            }
            return batch;
        } finally {
            gathering.remove(mine);
            // What does not go with this one needs no other to end.
            letLead();
            lock.unlock();
            gate.forget(hurry);
            if (interrupted) {
                // The answer comes all the same, as it does from a classifier; only nobody is waited for any more.
                Thread.currentThread().interrupt();
            }
        }
    }

    private void wakeLeaders() {
        lock.lock();
        try {
            came.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** A text and those of others that go with it, the longest waiting first. */
    private List<Ticket> fitting(Ticket mine, Collection<Ticket> waiting) {
        List<Ticket> batch = new ArrayList<>();
        batch.add(mine);
        int width = mine.width;
        long rows = mine.rows;
        long tokens = mine.tokens;
        Iterator<Ticket> others = waiting.iterator();
        while (batch.size() < limits.texts && others.hasNext()) {
            Ticket other = others.next();
            int wide = Math.max(width, other.width);
            long padded = (rows + other.rows) * wide;
            long all = tokens + other.tokens;
            // One that has begun runs on by itself.
            if (other.done == 0 && padded <= limits.tokens && padded - all <= PADDING + all / SHARE) {
                batch.add(other);
                width = wide;
                rows += other.rows;
                tokens = all;
            }
        }
        return batch;
    }

    private void run(List<Ticket> batch) {
        try {
            together(batch);
            return;
        } catch (RuntimeException e) {
            // Whose failure it is shows when each runs by itself.
        }
        for (Ticket ticket : batch) {
            try {
                pipeline.steps(ticket.section, ticket.windows, ticket.plan, 0, ticket.plan.size(), ticket.found);
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
            System.arraycopy(logits, at, ticket.found, 0, ticket.found.length);
            at += ticket.found.length;
        }
    }

    private enum State {
        WAITS,
        LEADS,
        DONE
    }

    /** A text on its way through the model. */
    private final class Ticket {

        private final Thread caller = Thread.currentThread();
        private final long since = System.nanoTime();
        private final Section<?, ?> section;
        private final List<Encoded> windows;
        private final int width;
        private final int rows;
        private final long tokens;
        private final Logits[] found;
        /** The runs that it needs by itself, and how many of them are through. */
        private final List<int[]> plan;

        private int done;
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
            this.plan = RunPlan.byLength(lengths, pipeline.tokenBudget());
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
