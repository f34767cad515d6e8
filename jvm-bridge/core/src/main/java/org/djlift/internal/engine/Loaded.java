package org.djlift.internal.engine;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.internal.graph.CpuClass;
import org.djlift.internal.graph.Graph;
import org.djlift.internal.graph.Graphs;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.graph.SessionSettings;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.util.Map;

/** What a model has in memory of its archive: the tokenizer, the graph, and the pipeline through both. */
public final class Loaded implements AutoCloseable {

    public final LoadSettings settings;
    public final ModelFolder folder;
    public final Tokenization tokenization;
    public final Graph graph;
    public final Pipeline pipeline;
    private final Lanes lanes;

    public Loaded(LoadSettings settings, OpenedArchive archive, String task, OutputForm form) throws IOException {
        this.settings = settings;
        Manifest manifest = archive.manifest();
        if (!manifest.task().equals(task)) {
            throw new ArchiveException(archive.given().toString(), "the task " + task, manifest.task());
        }
        CpuClass.warn(
                archive.toString(), manifest.precision(), manifest.parity().get("cpu"));
        this.folder = ModelFolder.read(archive.directory(), Map.of());
        this.tokenization = folder.tokenization();
        try {
            this.graph = Graphs.load(
                    archive.directory(),
                    form,
                    new SessionSettings(settings.device, folder.engineOptions(), settings.options));
        } catch (IOException | RuntimeException | Error e) {
            tokenization.close();
            throw e;
        }
        this.lanes = new Lanes(settings.concurrentRuns);
        try {
            this.pipeline = new Pipeline(
                    tokenization.maxLength(),
                    folder.tokenizer().padding(),
                    graph,
                    settings.tokenBudget,
                    settings.maxCharacters,
                    lanes);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() {
        lanes.close();
        graph.close();
        tokenization.close();
    }
}
