package org.djlift.zoo;

import org.djlift.internal.base.Names;
import org.djlift.internal.tasks.Applications;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A zoo in a folder: its zips are used where they lie. */
final class FolderZoo extends Zoo {

    private final Path top;

    FolderZoo(Path top, ZooCache cache) {
        super(cache);
        this.top = top;
    }

    @Override
    ZooArtifact resolved(ZooCoordinates asked) throws IOException {
        List<String> applications = Applications.of(asked.task).stream()
                .filter(application -> Files.isRegularFile(metadata(asked, application)))
                .collect(Collectors.toList());
        one(asked, applications, top);
        if (applications.isEmpty()) {
            boolean known = asked.task != null;
            Path file = known
                    ? metadata(asked, Applications.of(asked.task).iterator().next())
                    : top;
            String model = asked.group() + "/" + asked.name() + (known ? " for " + asked.task : "");
            throw new ZooException(
                    ZooException.Reason.ABSENT,
                    file.toString(),
                    "the metadata of " + model,
                    Files.isDirectory(top) ? existing() : "no folder " + top,
                    "check the group, the name and the folder of the zoo (" + ZooSettings.named(ZooSettings.ZOO) + ")");
        }
        Path file = metadata(asked, applications.get(0));
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(ZooIndex.LIMIT + 1);
        }
        if (bytes.length > ZooIndex.LIMIT) {
            throw new ZooException(
                    ZooException.Reason.REFUSED,
                    file.toString(),
                    "at most " + ZooIndex.LIMIT + " bytes",
                    "more",
                    "publish the model again");
        }
        return ZooIndex.parse(bytes, asked, applications.get(0), file.toString())
                .choose(asked);
    }

    @Override
    Fetched fetched(ZooArtifact artifact) throws IOException {
        Path zip = top.resolve(artifact.folder()).resolve(artifact.uri());
        String mend = "publish the archive again";
        if (!Files.isRegularFile(zip)) {
            throw new ZooException(
                    ZooException.Reason.REFUSED, zip.toString(), "the archive of " + artifact, "nothing", mend);
        }
        return checked(artifact, zip, mend);
    }

    @Override
    Set<ZooCoordinates> listed() throws IOException {
        Set<ZooCoordinates> models = new LinkedHashSet<>();
        for (String application : Applications.of(null)) {
            Path folder = top.resolve(TOP + application);
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> walk = Files.walk(folder)) {
                for (Path file : walk.filter(p -> p.endsWith(ZooIndex.FILE)).collect(Collectors.toList())) {
                    Path model = folder.relativize(file.getParent());
                    String group = String.valueOf(model.getParent()).replaceAll("[/\\\\]", ".");
                    String name = model.getFileName().toString();
                    if (model.getNameCount() > 1 && Names.isGroup(group) && Names.isName(name)) {
                        models.add(ZooCoordinates.of(group, name).withTask(Applications.taskOf(application)));
                    }
                }
            } catch (UncheckedIOException e) {
                throw new ZooException(
                        ZooException.Reason.REFUSED,
                        folder.toString(),
                        "folders that can be read",
                        String.valueOf(e.getCause()),
                        "let this user read the folder of the zoo",
                        e.getCause());
            }
        }
        return models;
    }

    private Path metadata(ZooCoordinates asked, String application) {
        return top.resolve(asked.folder(application)).resolve(ZooIndex.FILE);
    }

    private String existing() throws IOException {
        Set<ZooCoordinates> models = listed();
        String first = models.stream()
                .limit(8)
                .map(m -> m.group() + "/" + m.name() + " for " + m.task)
                .collect(Collectors.joining(", "));
        String more = models.size() > 8 ? ", ..." : "";
        return models.isEmpty() ? "a folder without models" : "the models " + first + more;
    }

    @Override
    public String toString() {
        return top.toString();
    }
}
