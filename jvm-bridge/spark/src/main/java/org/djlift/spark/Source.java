package org.djlift.spark;

import org.apache.spark.SparkFiles;
import org.djlift.Zoo;
import org.djlift.ZooArtifact;
import org.djlift.ZooCoordinates;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Where an executor finds the archive: a path, a file that Spark distributes, or coordinates in a zoo. */
final class Source implements Serializable {

    private static final long serialVersionUID = 1L;
    static final String EXPECTED = "archive: expected a path, files:NAME or djlift://..., found ";
    private static final String FILES = "files:";
    private static final String COORDINATES = ZooCoordinates.SCHEME + "://";

    private final String location;
    /** The folder or address of the zoo; null for that of the executor's settings. */
    private final String zoo;

    private Source(String location, String zoo) {
        this.location = location;
        this.zoo = zoo;
    }

    /** Refuses what no executor could read. */
    static void check(String location) {
        if (location.isEmpty() || location.equals(FILES)) {
            throw new IllegalArgumentException(EXPECTED + "'" + location + "'");
        }
        if (location.startsWith(COORDINATES)) {
            ZooCoordinates.parse(location);
        } else if (location.contains("://")) {
            String name = location.substring(location.lastIndexOf('/') + 1);
            throw new IllegalArgumentException(EXPECTED + location + "; have Spark distribute it:"
                    + " sparkContext.addFile(\"" + location + "\"), then archive " + FILES + name);
        }
    }

    /** Asked on the driver: the version that is the newest now is that of every executor. */
    static Source pinned(String location, String zoo) throws IOException {
        if (!location.startsWith(COORDINATES)) {
            return new Source(location, null);
        }
        ZooArtifact artifact = zoo(zoo).resolve(ZooCoordinates.parse(location));
        return new Source(artifact.coordinates().toString(), zoo);
    }

    private static Zoo zoo(String base) throws IOException {
        return base == null ? Zoo.configured() : Zoo.at(base);
    }

    /** The archive on this machine. */
    Path local() throws IOException {
        if (location.startsWith(COORDINATES)) {
            return zoo(zoo).fetch(ZooCoordinates.parse(location));
        }
        return location.startsWith(FILES)
                ? Path.of(SparkFiles.get(location.substring(FILES.length())))
                : Path.of(location);
    }

    /** What changes when another file takes the place of a local one. */
    static String stamp(Path archive) throws IOException {
        long changed = Files.getLastModifiedTime(archive).toMillis();
        return archive.toAbsolutePath() + " " + changed + " " + Files.size(archive);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Source
                && location.equals(((Source) other).location)
                && Objects.equals(zoo, ((Source) other).zoo);
    }

    @Override
    public int hashCode() {
        return Objects.hash(location, zoo);
    }

    @Override
    public String toString() {
        return location;
    }
}
