package org.djlift;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
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
        Path file = top.resolve(asked.folder()).resolve(ZooIndex.FILE);
        if (!Files.isRegularFile(file)) {
            throw new ZooException(
                    ZooException.Reason.ABSENT,
                    file.toString(),
                    "the metadata of " + asked.group() + "/" + asked.name(),
                    Files.isDirectory(top) ? existing() : "no folder " + top,
                    "check the group, the name and the folder of the zoo (" + ZooSettings.named(ZooSettings.ZOO) + ")");
        }
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
        return ZooIndex.parse(bytes, asked, file.toString()).choose(asked);
    }

    @Override
    Fetched fetched(ZooArtifact artifact) throws IOException {
        Path zip = top.resolve(artifact.coordinates().folder()).resolve(artifact.uri());
        String mend = "publish the archive again";
        if (!Files.isRegularFile(zip)) {
            throw new ZooException(
                    ZooException.Reason.REFUSED, zip.toString(), "the archive of " + artifact, "nothing", mend);
        }
        return checked(artifact, zip, mend);
    }

    @Override
    Set<String> listed() throws IOException {
        Path folder = top.resolve(APPLICATION);
        Set<String> models = new TreeSet<>();
        if (!Files.isDirectory(folder)) {
            return models;
        }
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.filter(p -> p.endsWith(ZooIndex.FILE)).collect(Collectors.toList())) {
                Path model = folder.relativize(file.getParent());
                if (model.getNameCount() > 1) {
                    String group = model.getParent().toString().replaceAll("[/\\\\]", ".");
                    String name = model.getFileName().toString();
                    if (Manifest.isGroup(group) && Manifest.isName(name)) {
                        models.add(group + "/" + name);
                    }
                }
            }
        }
        return models;
    }

    private String existing() throws IOException {
        Set<String> models = listed();
        String first = models.stream().limit(8).collect(Collectors.joining(", "));
        String more = models.size() > 8 ? ", ..." : "";
        return models.isEmpty() ? "a folder without models" : "the models " + first + more;
    }

    @Override
    public String toString() {
        return top.toString();
    }
}
