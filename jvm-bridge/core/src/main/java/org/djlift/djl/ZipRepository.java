package org.djlift.djl;

import ai.djl.Application;
import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.util.Progress;

import org.djlift.translate.ArchiveTranslatorFactory;
import org.djlift.zoo.Zoo;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One zip as DJL wants it. DJL's own repository keeps what it has unpacked by the path of the zip, whatever lies there
 * later; here it is what lies there when a model is loaded.
 */
final class ZipRepository extends AbstractRepository {

    private static final String GROUP = "org.djlift.files";

    private final Path zip;
    private @Nullable Path folder;

    ZipRepository(String name, URI uri, Path zip) {
        super(name, uri);
        this.zip = zip;
    }

    @Override
    public boolean isRemote() {
        return true;
    }

    @Override
    public Metadata locate(MRL mrl) {
        Artifact artifact = new Artifact();
        artifact.setName("model");
        artifact.getArguments().put("translatorFactory", ArchiveTranslatorFactory.class.getName());
        artifact.setOptions(Translators.OPTIONS);
        Metadata metadata = new Metadata.MatchAllMetadata();
        metadata.setGroupId(GROUP);
        metadata.setArtifactId(mrl.getArtifactId());
        metadata.setRepositoryUri(URI.create("model/"));
        metadata.setArtifacts(List.of(artifact));
        return metadata;
    }

    @Override
    public Artifact resolve(MRL mrl, Map<String, String> filter) {
        return locate(mrl).getArtifacts().get(0);
    }

    @Override
    public synchronized void prepare(Artifact artifact, Progress progress) throws IOException {
        folder = Zoo.unpack(zip);
    }

    @Override
    public synchronized Path getResourceDirectory(Artifact artifact) throws IOException {
        return folder == null ? getCacheDirectory().resolve("not-prepared") : folder;
    }

    @Override
    public List<MRL> getResources() {
        String name = zip.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return List.of(model(Application.UNDEFINED, GROUP, dot > 0 ? name.substring(0, dot) : name));
    }
}
