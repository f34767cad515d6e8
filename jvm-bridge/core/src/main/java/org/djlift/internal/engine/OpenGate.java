package org.djlift.internal.engine;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/** Lets any number of calls in while something is open, and closes it once, when they are out. Thread-safe. */
public final class OpenGate implements TextStream.Gate {

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final String name;
    private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean closing;
    private boolean closed;

    /** The name is that of what is open, for the message when it no longer is. */
    public OpenGate(String name) {
        this.name = name;
    }

    @Override
    public <T> T whileOpen(Supplier<T> call) {
        Lock reading = lock.readLock();
        // Held by close() alone. A new call does not queue behind it, but a call within another is still let in.
        boolean open = reading.tryLock();
        if (open && closing && lock.getReadHoldCount() == 1) {
            reading.unlock();
            open = false;
        }
        if (!open) {
            throw new IllegalStateException(name + " is closed");
        }
        try {
            return call.get();
        } finally {
            reading.unlock();
        }
    }

    /** Whether it is being closed: calls that are in are to end, and later ones are refused. */
    boolean isClosing() {
        return closing;
    }

    /** Has something run as the closing begins; whoever asks for it looks at {@link #isClosing} after it. */
    void beforeClosing(Runnable wake) {
        waiting.add(wake);
    }

    /** Forgets what was to run. */
    void forget(Runnable wake) {
        waiting.remove(wake);
    }

    /** Refuses later calls, waits for those that are in, then closes. Does nothing the second time. */
    public void close(Runnable last) {
        closing = true;
        waiting.forEach(Runnable::run);
        Lock writing = lock.writeLock();
        writing.lock();
        try {
            if (!closed) {
                closed = true;
                last.run();
            }
        } finally {
            writing.unlock();
        }
    }
}
