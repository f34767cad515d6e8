package org.djlift;

import org.djlift.internal.CpuClass;
import org.djlift.internal.EntityDecoder;
import org.djlift.internal.Graph;
import org.djlift.internal.Graphs;
import org.djlift.internal.ModelFolder;
import org.djlift.internal.Pipeline;
import org.djlift.internal.SessionSettings;
import org.djlift.internal.Tokenization;

import java.io.IOException;
import java.util.Map;

/** What a classifier has in memory of its archive: the tokenizer, the graph, and the pipeline through both. */
final class Loaded {

    final Tokenization tokenization;
    final Graph graph;
    final Pipeline pipeline;
    final AggregationStrategy strategy;

    Loaded(TokenClassifierBuilder builder, Archive archive) throws IOException {
        Manifest manifest = archive.manifest();
        if (!manifest.task().equals("token-classification")) {
            throw new ArchiveException(archive.toString(), "the task token-classification", manifest.task());
        }
        CpuClass.warn(archive.toString(), manifest.precision(), manifest.parity().get("cpu"));
        ModelFolder folder = ModelFolder.read(archive.directory(), Map.of());
        this.strategy = builder.strategy == null ? folder.strategy() : builder.strategy;
        Pipeline.checkTogether(strategy, builder.stride);
        this.tokenization = folder.tokenization();
        EntityDecoder decoder;
        try {
            decoder = folder.decoder(tokenization);
            this.graph = Graphs.load(
                    archive.directory(), new SessionSettings(builder.device, folder.engineOptions(), builder.options));
        } catch (IOException | RuntimeException | Error e) {
            tokenization.close();
            throw e;
        }
        this.pipeline = new Pipeline(
                tokenization,
                builder.ignored == null ? decoder : decoder.ignoring(builder.ignored),
                folder.tokenizer().padding(),
                graph,
                builder.tokenBudget);
    }

    void close() {
        graph.close();
        tokenization.close();
    }
}
