package org.djlift.spark;

import org.djlift.StageTimes;
import org.djlift.TokenClassifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
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
    private static final Map<String, Model> MODELS = new LinkedHashMap<>();

    private Models() {}

    /** Gives the model for as long as the lease is open. */
    static Lease lease(Settings settings) throws IOException {
        Path archive = settings.source.local();
        String key = settings.key(archive);
        Model model;
        synchronized (MODELS) {
            model = MODELS.remove(key);
            if (model == null) {
                model = new Model();
            }
            MODELS.put(key, model);
            model.users++;
        }
        try {
            return new Lease(model, model.loaded(settings, archive));
        } catch (IOException | RuntimeException | Error e) {
            released(model);
            throw e;
        }
    }

    /** How many models are loaded. */
    static int count() {
        synchronized (MODELS) {
            return (int) MODELS.values().stream().filter(model -> model.classifier != null).count();
        }
    }

    private static void released(Model model) {
        synchronized (MODELS) {
            model.users--;
            long idle = MODELS.values().stream().filter(one -> one.users == 0).count();
            for (Iterator<Model> all = MODELS.values().iterator(); all.hasNext(); ) {
                Model one = all.next();
                if (one.users == 0 && (one.classifier == null || idle > IDLE)) {
                    all.remove();
                    idle--;
                    one.close();
                }
            }
        }
    }

    /** A model and how many use it. */
    private static final class Model {

        private int users;
        private volatile TokenClassifier classifier;
        private StageTimes seen;

        /** Loaded by the first who asks; the others wait. */
        private synchronized TokenClassifier loaded(Settings settings, Path archive) throws IOException {
            if (classifier == null) {
                long start = System.nanoTime();
                TokenClassifier loading = settings.load(archive);
                seen = loading.stageTimes();
                classifier = loading;
                long nanos = System.nanoTime() - start;
                Totals.loaded(nanos);
                LOG.info("{} loaded in {} ms; it serves all tasks of this JVM", settings.source, nanos / 1_000_000);
            }
            return classifier;
        }

        /** What was done since somebody asked. */
        private synchronized StageTimes taken() {
            StageTimes now = classifier.stageTimes();
            StageTimes done = now.since(seen);
            seen = now;
            return done;
        }

        private void close() {
            if (classifier != null) {
                classifier.close();
            }
        }
    }

    /** The use of a model by a task. */
    static final class Lease implements AutoCloseable {

        final TokenClassifier classifier;
        private final Model model;
        private boolean closed;

        private Lease(Model model, TokenClassifier classifier) {
            this.model = model;
            this.classifier = classifier;
        }

        /** What the model has done, for whomever, since the last time that anybody asked this. */
        StageTimes taken() {
            return model.taken();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                released(model);
            }
        }
    }
}
