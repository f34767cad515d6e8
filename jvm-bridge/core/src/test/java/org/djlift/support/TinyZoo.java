package org.djlift.support;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.djlift.archive.Manifest;
import org.djlift.internal.base.FileHash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A copy of the tiny zoo (versions 1.0 and 1.1, fp32 and fp16) in which tests may change what they like. */
public final class TinyZoo {

    public static final String GROUP = "org.djlift.test";
    public static final String MODEL = "djlift://org.djlift.test/tiny";
    /** Without what DJL adds to it. */
    public static final Path ORIGINAL = Tiny.ZIP.getParent().getParent();

    private final Path top;

    /** Copies the zoo and gives its artifacts the SHA-256 that newer zoos have. */
    public TinyZoo(Path top) throws IOException {
        this.top = top;
        for (String version : List.of("1.0", "1.1")) {
            Files.createDirectories(folder().resolve(version));
            for (String precision : List.of("fp32", "fp16")) {
                String name = version + "/tiny-" + version + "-" + precision + ".zip";
                Files.copy(ORIGINAL.resolve(name), folder().resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.copy(ORIGINAL.resolve("metadata.json"), metadata(), StandardCopyOption.REPLACE_EXISTING);
        change(json -> {
            for (JsonElement one : json.getAsJsonArray("artifacts")) {
                JsonObject model = model(one.getAsJsonObject());
                model.addProperty(
                        "sha256", hash(folder().resolve(model.get("uri").getAsString())));
            }
        });
    }

    /** The folder of the zoo. */
    public Path top() {
        return top;
    }

    /** The folder of the model. */
    public Path folder() {
        return top.resolve("model/nlp/token_classification/org/djlift/test/tiny");
    }

    public Path metadata() {
        return folder().resolve("metadata.json");
    }

    public Path zip(String version, String precision) {
        return folder().resolve(version + "/tiny-" + version + "-" + precision + ".zip");
    }

    /** Changes metadata.json. */
    public void change(Consumer<JsonObject> change) throws IOException {
        JsonObject json = new Gson().fromJson(Files.readString(metadata()), JsonObject.class);
        change.accept(json);
        Files.writeString(
                metadata(), new GsonBuilder().setPrettyPrinting().create().toJson(json));
    }

    /** Changes what metadata.json says of an artifact. */
    public void changeArtifact(String version, String precision, Consumer<JsonObject> change) throws IOException {
        change(json -> change.accept(artifact(json, version, precision)));
    }

    /** Publishes the archive in a folder of the tests under a name, in the application that its manifest names. */
    public Path publish(Path archive, String name) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(archive)) {
            for (Path file : walk.filter(Files::isRegularFile).collect(Collectors.toList())) {
                files.put(archive.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
        }
        String text = new String(files.get(Manifest.FILE), StandardCharsets.UTF_8);
        JsonObject manifest = new Gson().fromJson(text, JsonObject.class);
        String old = manifest.get("name").getAsString();
        try {
            files.put(
                    Manifest.FILE,
                    Zips.sealed(text.replace("\"name\": \"" + old + "\"", "\"name\": \"" + name + "\"")));
        } catch (NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
        String application = manifest.get("application").getAsString();
        Path folder = top.resolve("model/" + application + "/org/djlift/test/" + name);
        Files.createDirectories(folder);
        Path zip = Zips.write(folder.resolve("model.zip"), files);
        Files.writeString(
                folder.resolve("metadata.json"),
                String.format(
                        "{\"metadataVersion\": \"0.2\", \"application\": \"%s\", \"groupId\": \"%s\","
                                + " \"artifactId\": \"%s\", \"artifacts\": [{\"version\": \"%s\", \"properties\":"
                                + " {\"precision\": \"fp32\"}, \"files\": {\"model\": {\"uri\": \"model.zip\","
                                + " \"size\": %d, \"sha256\": \"%s\"}}}]}",
                        application, GROUP, name, manifest.get("version").getAsString(), Files.size(zip), hash(zip)));
        return zip;
    }

    /** Takes a version out of the list and into that of the yanked. */
    public void yank(String version) throws IOException {
        change(json -> {
            JsonArray live = new JsonArray();
            JsonArray yanked = new JsonArray();
            for (JsonElement one : json.getAsJsonArray("artifacts")) {
                boolean own = one.getAsJsonObject().get("version").getAsString().equals(version);
                (own ? yanked : live).add(one);
            }
            json.add("artifacts", live);
            json.add("yanked", yanked);
        });
    }

    /** Takes a version out of all lists. */
    void drop(String version) throws IOException {
        yank(version);
        change(json -> json.remove("yanked"));
    }

    static JsonObject artifact(JsonObject json, String version, String precision) {
        for (JsonElement one : json.getAsJsonArray("artifacts")) {
            JsonObject artifact = one.getAsJsonObject();
            String found =
                    artifact.getAsJsonObject("properties").get("precision").getAsString();
            if (artifact.get("version").getAsString().equals(version) && found.equals(precision)) {
                return artifact;
            }
        }
        throw new IllegalArgumentException("no " + version + " " + precision);
    }

    public static JsonObject model(JsonObject artifact) {
        return artifact.getAsJsonObject("files").getAsJsonObject("model");
    }

    private static String hash(Path file) {
        try {
            return FileHash.of(file, false).sha256();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
