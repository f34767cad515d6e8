package org.djlift.spark;

import org.djlift.data.StageTimes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The models of this JVM. All tasks that want the same one share it, at a time and one after the other; of those that
 * no task uses, the {@link #IDLE} last used stay.
 */
final class Models {

    /** Pipelines of several stages take turns: their models must not be loaded anew for each task. */
    static final int IDLE = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Models.class);
    /** Last used last. */
    private static final Map<String, Model<?>> MODELS = new LinkedHashMap<>();

    private Models() {}

    /** Gives the model for as long as the lease is open. */
    @SuppressWarnings("unchecked") // The key names the task, and with it the class of the model.
    static <M> Lease<M> lease(Settings<M> settings) throws IOException {
        String key = settings.key();
        Model<M> model;
        synchronized (MODELS) {
            model = (Model<M>) MODELS.remove(key);
            if (model == null) {
                model = new Model<>(settings.work);
            }
            MODELS.put(key, model);
            model.users++;
        }
        try {
            return new Lease<>(model, model.loaded(settings));
        } catch (IOException | RuntimeException | Error e) {
            released(model);
            throw e;
        }
    }

    /** How many models are loaded. */
    static int count() {
        synchronized (MODELS) {
            return (int) MODELS.values().stream()
                    .filter(model -> model.loaded != null)
                    .count();
        }
    }

    private static void released(Model<?> model) {
        List<Model<?>> unused = new ArrayList<>();
        synchronized (MODELS) {
            model.users--;
            long idle = MODELS.values().stream().filter(one -> one.users == 0).count();
            for (Iterator<Model<?>> all = MODELS.values().iterator(); all.hasNext(); ) {
                Model<?> one = all.next();
                if (one.users == 0 && (one.loaded == null || idle > IDLE)) {
                    all.remove();
                    idle--;
                    unused.add(one);
                }
            }
        }
        // Not under the lock, which every task needs to get its model.
        unused.forEach(Model::close);
    }

    /** A model and how many use it. */
    private static final class Model<M> {

        private final Work<M> work;
        private int users;
        private volatile M loaded;
        private StageTimes seen;

        private Model(Work<M> work) {
            this.work = work;
        }

        /** Loaded by the first who asks; the others wait. */
        private synchronized M loaded(Settings<M> settings) throws IOException {
            if (loaded == null) {
                long start = System.nanoTime();
                M loading = work.load(settings.source.local(), settings);
                seen = work.times(loading);
                loaded = loading;
                long nanos = System.nanoTime() - start;
                Totals.loaded(nanos);
                LOG.info("{} loaded in {} ms; it serves all tasks of this JVM", settings.source, nanos / 1_000_000);
            }
            return loaded;
        }

        /** What was done since somebody asked. */
        private synchronized StageTimes taken() {
            StageTimes now = work.times(loaded);
            StageTimes done = now.since(seen);
            seen = now;
            return done;
        }

        private void close() {
            if (loaded != null) {
                work.close(loaded);
            }
        }
    }

    /** The use of a model by a task. */
    static final class Lease<M> implements AutoCloseable {

        final M model;
        private final Model<M> held;
        private boolean closed;

        private Lease(Model<M> held, M model) {
            this.held = held;
            this.model = model;
        }

        /** What the model has done, for whomever, since the last time that anybody asked this. */
        StageTimes taken() {
            return held.taken();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                released(held);
            }
        }
    }
}
