package org.djlift;

import org.djlift.archive.Manifest;
import org.djlift.data.SelfTest;
import org.djlift.internal.tasks.ClassificationTask;
import org.djlift.internal.tasks.EmbeddingTask;
import org.djlift.internal.tasks.EntityTask;
import org.djlift.internal.tasks.FillMaskTask;
import org.djlift.internal.tasks.QuestionTask;
import org.djlift.internal.tasks.RankingTask;
import org.djlift.internal.tasks.SparseTask;
import org.djlift.internal.tasks.ZeroShotTask;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The classes of the tasks by what a manifest calls them: a line a task. */
final class Tasks {

    /** Loads a model. */
    interface Load {

        TextModel<?, ?, ?> of(Path path) throws IOException;
    }

    private static final Map<String, Load> MODELS = Map.of(
            EntityTask.NAME,
            TokenClassifier::load,
            new ClassificationTask().name(),
            TextClassifier::load,
            new EmbeddingTask().name(),
            TextEmbedder::load,
            new FillMaskTask().name(),
            MaskFiller::load,
            new QuestionTask().name(),
            QuestionAnswerer::load,
            new SparseTask().name(),
            SparseEncoder::load,
            new RankingTask().name(),
            CrossEncoder::load,
            new ZeroShotTask().name(),
            ZeroShotClassifier::load);

    private Tasks() {}

    /** Proves an archive by its golden texts. */
    static SelfTest selfTest(Manifest manifest, Path directory) throws IOException {
        // A token classifier says what it takes where this is something else.
        Load load = MODELS.getOrDefault(manifest.task(), TokenClassifier::load);
        try (TextModel<?, ?, ?> model = load.of(directory)) {
            return model.selfTest();
        }
    }
}
