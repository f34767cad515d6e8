package org.djlift.spark;

import org.apache.spark.SparkFiles;
import org.djlift.zoo.Zoo;
import org.djlift.zoo.ZooArtifact;
import org.djlift.zoo.ZooCoordinates;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where an executor finds the archive: a path, a file that Spark distributes, or coordinates in a zoo. */
final class Source implements Serializable {

    private static final long serialVersionUID = 1L;
    static final String EXPECTED = "archive: expected a path, files:NAME or djlift://..., found ";
    private static final String FILES = "files:";
    private static final String COORDINATES = ZooCoordinates.SCHEME + "://";
    /** Not C:/, which is a path. */
    private static final Pattern ADDRESS = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(/.*)", Pattern.DOTALL);

    private final String location;
    /** The folder or address of the zoo; null where the location is none of a zoo. */
    private final String zoo;
    /** What the driver has found there; null where the location is none of a zoo, or the zoo too old to say. */
    private final String sha256;

    private Source(String location, String zoo, String sha256) {
        this.location = location;
        this.zoo = zoo;
        this.sha256 = sha256;
    }

    /** Refuses what no executor could read. */
    static void check(String location) {
        if (location.isEmpty() || location.equals(FILES)) {
            throw new IllegalArgumentException(EXPECTED + "'" + location + "'");
        }
        if (location.startsWith(COORDINATES)) {
            ZooCoordinates.parse(location);
        } else if (path(location) == null) {
            String name = location.substring(location.lastIndexOf('/') + 1);
            throw new IllegalArgumentException(EXPECTED + location + "; have Spark distribute it:"
                    + " sparkContext.addFile(\"" + location + "\"), then archive " + FILES + name);
        }
    }

    /** The path that is meant by one, by a file: URI, or by a dbfs: URI of Databricks; null for any other address. */
    static Path path(String location) {
        Matcher address = ADDRESS.matcher(location);
        if (!address.matches()) {
            return Path.of(location);
        }
        String rest = address.group(2);
        String path = rest.startsWith("//") ? rest.substring(2) : rest;
        if (!path.startsWith("/")) {
            // On a host.
            return null;
        }
        switch (address.group(1).toLowerCase(Locale.ROOT)) {
            case "file":
                return file(path);
            case "dbfs":
                // Databricks mounts it there on each machine of a cluster.
                return Path.of("/dbfs" + path);
            default:
                return null;
        }
    }

    /** With %20 for a space, as Java writes it, or without, as people do. */
    private static Path file(String path) {
        try {
            return Path.of(new URI("file://" + path));
        } catch (URISyntaxException | IllegalArgumentException e) {
            return Path.of(path);
        }
    }

    /** Asked on the driver: the zoo, the version that is the newest now and its bytes are those of every executor. */
    static Source pinned(String location, String zoo, String task) throws IOException {
        if (!location.startsWith(COORDINATES)) {
            return new Source(location, null, null);
        }
        if (zoo == null && !Zoo.isConfigured()) {
            throw new IllegalArgumentException("zoo: expected the folder or address of a zoo for " + location
                    + ", found none; set the parameter zoo of the stage (setZoo), or on the driver the system property"
                    + " djlift.zoo or the environment variable DJLIFT_ZOO");
        }
        ZooCoordinates asked = ZooCoordinates.parse(location);
        Zoo found = zoo == null ? Zoo.configured() : Zoo.at(folderOrAddress(zoo));
        ZooArtifact artifact = found.resolve(asked.task().isPresent() ? asked : asked.withTask(task));
        return new Source(
                artifact.coordinates().toString(),
                found.toString(),
                artifact.sha256().orElse(null));
    }

    private static String folderOrAddress(String zoo) {
        Path folder = path(zoo);
        return folder == null ? zoo : folder.toString();
    }

    /** The archive on this machine. */
    Path local() throws IOException {
        if (zoo == null) {
            Path file = location.startsWith(FILES)
                    ? Path.of(SparkFiles.get(location.substring(FILES.length())))
                    : path(location);
            if (!Files.isReadable(file)) {
                throw new FileNotFoundException(missing(location, file));
            }
            return file;
        }
        ZooCoordinates pinned = ZooCoordinates.parse(location);
        return sha256 == null ? Zoo.at(zoo).fetch(pinned) : Zoo.at(zoo).fetch(pinned, sha256);
    }

    /** Refuses, on a driver that runs the tasks itself, a path that leads nowhere; any other driver need not see it. */
    static void checkHere(String location) {
        if (location.startsWith(FILES) || location.startsWith(COORDINATES)) {
            return;
        }
        Path file = path(location);
        if (!Files.isReadable(file)) {
            throw new IllegalArgumentException(missing(location, file));
        }
    }

    private static String missing(String location, Path file) {
        String found = Files.notExists(file) ? "nothing" : "a file that this process may not read";
        String start = "archive: expected " + location + " on every executor, found " + found + " at " + file + "; ";
        return location.startsWith(FILES)
                ? start + "call sparkContext.addFile(PATH) with the path of the archive on the driver first, or set"
                        + " archive to a path that every executor can read"
                : start + "put the archive on a path that every executor can read, or call sparkContext.addFile(\""
                        + location + "\") on a driver that has it and set archive to " + FILES + file.getFileName();
    }

    /** What changes when another archive takes the place of this one; a version in a zoo never changes. */
    String stamp() throws IOException {
        if (zoo != null) {
            return sha256 == null ? zoo + " " + location : sha256;
        }
        Path archive = local();
        long changed = Files.getLastModifiedTime(archive).toMillis();
        return archive.toAbsolutePath() + " " + changed + " " + Files.size(archive);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Source
                && location.equals(((Source) other).location)
                && Objects.equals(zoo, ((Source) other).zoo)
                && Objects.equals(sha256, ((Source) other).sha256);
    }

    @Override
    public int hashCode() {
        return Objects.hash(location, zoo, sha256);
    }

    @Override
    public String toString() {
        return location;
    }
}
