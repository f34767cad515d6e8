package org.djlift.djl;

import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.VersionRange;
import ai.djl.util.Progress;

import org.djlift.zoo.Zoo;
import org.djlift.zoo.ZooArtifact;
import org.djlift.zoo.ZooCoordinates;
import org.djlift.zoo.ZooException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One model of a zoo as DJL wants it. DJL's own repositories believe what they have unpacked before; here every file is
 * checked whenever DJL prepares a model, which is each time it loads one.
 */
final class ZooRepository extends AbstractRepository {

    private final ZooCoordinates asked;
    private final Zoo zoo;

    ZooRepository(String name, ZooCoordinates asked, Zoo zoo) {
        super(name, URI.create(asked.toString()));
        this.asked = asked;
        this.zoo = zoo;
    }

    /** The model, for DJL; its version is not given away, since DJL takes the first that is listed. */
    MRL mrl() {
        return model(Translators.application(asked.task().orElse(null)), asked.group(), asked.name());
    }

    @Override
    public boolean isRemote() {
        return true;
    }

    @Override
    public Metadata locate(MRL mrl) throws IOException {
        return new Found(mrl, zoo.resolve(asked));
    }

    @Override
    public @Nullable Artifact resolve(MRL mrl, Map<String, String> filter) throws IOException {
        List<Artifact> found = locate(mrl).search(null, filter);
        return found.isEmpty() ? null : found.get(0);
    }

    @Override
    public void prepare(Artifact artifact, Progress progress) throws IOException {
        Listed listed = (Listed) artifact;
        listed.folder = zoo.unpack(listed.source);
    }

    @Override
    public Path getResourceDirectory(Artifact artifact) throws IOException {
        Listed listed = (Listed) artifact;
        if (listed.folder == null) {
            // Asked before it is prepared: whether it is there already.
            return getCacheDirectory().resolve("not-prepared");
        }
        return listed.folder;
    }

    @Override
    public List<MRL> getResources() {
        return List.of(mrl());
    }

    /** What fits, as metadata of DJL. */
    private final class Found extends Metadata {

        private final ZooArtifact first;
        private boolean old;

        Found(MRL mrl, ZooArtifact first) {
            this.first = first;
            setGroupId(asked.group());
            setArtifactId(asked.name());
            setApplication(mrl.getApplication());
            setRepositoryUri(mrl.toURI());
            List<Artifact> artifacts = new ArrayList<>();
            artifacts.add(new Listed(first, this));
            setArtifacts(artifacts);
        }

        /** DJL keeps metadata for as long as it keeps a zoo: what was the newest once need not be so later. */
        private synchronized boolean isNew() {
            boolean isNew = !old;
            old = true;
            return isNew;
        }

        /** Filters by precision: there is nothing else to filter by. */
        @Override
        public List<Artifact> search(VersionRange range, Map<String, String> filter) {
            String wanted = filter == null ? null : filter.get("precision");
            String precision = asked.precision().orElse(wanted);
            boolean none = filter != null && filter.keySet().stream().anyMatch(k -> !k.equals("precision"))
                    || wanted != null && !wanted.equals(precision);
            if (none) {
                LoggerFactory.getLogger(ZooRepository.class).warn("{} has no other property: {}", asked, filter);
                return List.of();
            }
            if (isNew()
                    && (precision == null
                            || Optional.of(precision).equals(first.coordinates().precision()))) {
                return List.of(new Listed(first, this));
            }
            try {
                return List.of(new Listed(zoo.resolve(asked.withPrecision(precision)), this));
            } catch (ZooException e) {
                if (e.reason() != ZooException.Reason.ABSENT) {
                    throw new UncheckedIOException(e);
                }
                // DJL looks further, and says in the end that it has not found it.
                LoggerFactory.getLogger(ZooRepository.class).warn(e.getMessage());
                return List.of();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** An archive as an artifact of DJL. */
    private static final class Listed extends Artifact {

        private final ZooArtifact source;
        private @Nullable Path folder;

        Listed(ZooArtifact source, Metadata metadata) {
            this.source = source;
            setMetadata(metadata);
            setMetadataVersion("0.2");
            setName(source.coordinates().name() + "-" + source.coordinates().precision().orElseThrow());
            setVersion(source.coordinates().version().orElseThrow());
            setProperties(Map.of("precision", source.coordinates().precision().orElseThrow()));
            // Not what the metadata names: that would be a class of its author's choice.
            getArguments().put("translatorFactory", Translators.factory(source.application()));
            setOptions(Translators.OPTIONS);
        }
    }
}
