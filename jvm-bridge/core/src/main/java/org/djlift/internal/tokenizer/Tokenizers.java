package org.djlift.internal.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Tokenizers by their cuts, a few of them: each is a whole vocabulary, and callers choose strides. One that is lent is
 * never closed, whoever closes the rest meanwhile. Thread-safe.
 */
final class Tokenizers implements AutoCloseable {

    /** How many are kept for the next call, those used last. */
    static final int KEPT = 8;

    private final Function<Cut, HuggingFaceTokenizer> load;
    /** Under the lock, as {@link #closed}: the least recently used first. */
    private final Map<Cut, Lent> byCut = new LinkedHashMap<>(2 * KEPT, 0.75f, true);

    private boolean closed;

    Tokenizers(Function<Cut, HuggingFaceTokenizer> load) {
        this.load = load;
    }

    /**
     * Lends a tokenizer until it is closed.
     *
     * @throws IllegalStateException if these are closed
     */
    Lent lend(Cut cut) {
        Lent lent;
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("the tokenizer is closed");
            }
            lent = byCut.computeIfAbsent(cut, Lent::new);
            lent.callers++;
        }
        try {
            // Others are lent meanwhile.
            lent.load();
        } catch (RuntimeException | Error e) {
            lent.close();
            throw e;
        }
        return lent;
    }

    synchronized int size() {
        return byCut.size();
    }

    /** Closes those that nobody uses, and the others as they come back. */
    @Override
    public void close() {
        List<Lent> idle;
        synchronized (this) {
            closed = true;
            idle = idle();
        }
        idle.forEach(Lent::free);
    }

    /** Takes out what is not to be kept. */
    private List<Lent> idle() {
        List<Lent> idle = new ArrayList<>();
        Iterator<Lent> all = byCut.values().iterator();
        while (byCut.size() > (closed ? 0 : KEPT) && all.hasNext()) {
            Lent lent = all.next();
            if (lent.callers == 0) {
                all.remove();
                idle.add(lent);
            }
        }
        return idle;
    }

    /** A tokenizer on loan. */
    final class Lent implements AutoCloseable {

        private final Cut cut;
        private int callers;
        private volatile HuggingFaceTokenizer tokenizer;

        private Lent(Cut cut) {
            this.cut = cut;
        }

        private void load() {
            if (tokenizer == null) {
                synchronized (this) {
                    if (tokenizer == null) {
                        tokenizer = load.apply(cut);
                    }
                }
            }
        }

        HuggingFaceTokenizer tokenizer() {
            return tokenizer;
        }

        long handle() {
            return tokenizer.getHandle();
        }

        private void free() {
            if (tokenizer != null) {
                tokenizer.close();
            }
        }

        /** Gives it back. */
        @Override
        public void close() {
            List<Lent> idle;
            synchronized (Tokenizers.this) {
                callers--;
                idle = idle();
            }
            idle.forEach(Lent::free);
        }
    }
}
