package org.djlift.internal.base;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads that keep no JVM alive, and end when there is nothing to do for a while. */
public final class Daemons {

    /** How many threads may be asked for: from some 1,500 on ONNX Runtime ends the process. */
    public static final int MOST = 1024;

    private static final long IDLE_SECONDS = 5;

    private Daemons() {}

    /** As many threads as there is work at a time; none before there is any. */
    public static ExecutorService pool(String name) {
        return new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
                    Thread thread = new Thread(work, name);
                    thread.setDaemon(true);
                    return thread;
                });
    }
}
