package org.djlift.internal;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/** Lets any number of calls in while something is open, and closes it once, when they are out. */
public final class OpenGate implements TextStream.Gate {

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final String name;
    private boolean closed;

    /** The name is that of what is open, for the message when it no longer is. */
    public OpenGate(String name) {
        this.name = name;
    }

    @Override
    public <T> T whileOpen(Supplier<T> call) {
        Lock reading = lock.readLock();
        reading.lock();
        try {
            if (closed) {
                throw new IllegalStateException(name + " is closed");
            }
            return call.get();
        } finally {
            reading.unlock();
        }
    }

    /** Waits for the calls that are in, then closes; later calls are refused. Does nothing the second time. */
    public void close(Runnable closing) {
        Lock writing = lock.writeLock();
        writing.lock();
        try {
            if (!closed) {
                closed = true;
                closing.run();
            }
        } finally {
            writing.unlock();
        }
    }
}
