package org.djlift.internal.engine;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import org.djlift.data.AggregationStrategy;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.internal.tokenizer.TokenizerFile;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files beside model.onnx, read: serving.properties, config.json and tokenizer.json. */
public final class ModelFolder {

    private static final String OPTION = "option.";
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");
    private static final int NORMALIZING_MINOR = 23;

    private final Path directory;
    private final Map<String, String> settings;
    private final TokenizerFile tokenizer;

    private ModelFolder(Path directory, Map<String, String> settings) throws IOException {
        this.directory = directory;
        this.settings = settings;
        this.tokenizer = TokenizerFile.read(directory.resolve("tokenizer.json"));
        if (Boolean.parseBoolean(settings.getOrDefault("int32", "false"))) {
            throw new IOException(directory.resolve("serving.properties") + ": expected int32=false, found true");
        }
    }

    /**
     * Reads a folder.
     *
     * @param overrides settings that win over those of serving.properties
     */
    public static ModelFolder read(Path directory, Map<String, ?> overrides) throws IOException {
        Map<String, String> settings = new TreeMap<>();
        Path file = directory.resolve("serving.properties");
        if (Files.isRegularFile(file)) {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            }
            properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
        }
        overrides.forEach((key, value) -> {
            if (value != null) {
                settings.put(key, value.toString());
            }
        });
        return new ModelFolder(directory, settings);
    }

    /** Where the files are. */
    public Path directory() {
        return directory;
    }

    /** The labels by index. */
    public List<String> labels() throws IOException {
        return labels(directory.resolve("config.json"));
    }

    /** config.json. */
    public JsonObject config() throws IOException {
        return config(directory.resolve("config.json"));
    }

    /** The parameters of calls that name none. */
    public Parameters parameters() throws IOException {
        try {
            return Parameters.parse(settings.getOrDefault("parameters", "{}"));
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    directory.resolve("serving.properties") + ": expected parameters as a JSON object, found "
                            + e.getMessage(),
                    e);
        }
    }

    /** What serving.properties says of something that only one task reads. */
    public String setting(String key, String absent) {
        return settings.getOrDefault(key, absent);
    }

    /** The id of a token that serving.properties names, -1 for none. */
    public long tokenId(String key) throws IOException {
        return number(key, settings.getOrDefault(key, "-1"));
    }

    public TokenizerFile tokenizer() {
        return tokenizer;
    }

    /** The settings for the engine that the folder brings along. */
    public Map<String, String> engineOptions() {
        Map<String, String> options = new TreeMap<>();
        settings.forEach((key, value) -> {
            if (key.startsWith(OPTION)) {
                options.put(key.substring(OPTION.length()), value);
            }
        });
        return options;
    }

    /** A whole number of serving.properties that a task brings; the other where it is absent. */
    public int setting(String key, int otherwise) throws IOException {
        String value = settings.get(key);
        return value == null ? otherwise : number(key, value);
    }

    public AggregationStrategy strategy() {
        return AggregationStrategy.of(settings.getOrDefault("aggregation_strategy", "none"));
    }

    /** The tokenizer, with the limits of serving.properties. */
    public Tokenization tokenization() throws IOException {
        boolean truncates = !isOff(settings.getOrDefault("truncation", "true"));
        return new Tokenization(
                directory.resolve("tokenizer.json"),
                truncates,
                truncates ? limit() : Integer.MAX_VALUE,
                Boolean.parseBoolean(settings.getOrDefault("addSpecialTokens", "true")));
    }

    /** The tokens by their ids, as the reference had them. */
    public TokenizerFile words(Tokenization tokenization) throws IOException {
        return addedTokensAreNormalized() ? tokenizer.normalized(tokenization) : tokenizer;
    }

    /** The task that the manifest in a folder names, unchecked. */
    public static String task(Path directory) throws IOException {
        Path manifest = directory.resolve("djlift.json");
        try (Reader reader = Files.newBufferedReader(manifest)) {
            return JsonParser.parseReader(reader).getAsJsonObject().get("task").getAsString();
        } catch (RuntimeException e) {
            throw new IOException(manifest + ": expected a djlift manifest with a task, found something else", e);
        }
    }

    /** Whether the reference was made with tokenizers 0.23 or later, as the manifest says; without one, it was. */
    private boolean addedTokensAreNormalized() throws IOException {
        Path manifest = directory.resolve("djlift.json");
        if (!Files.isRegularFile(manifest)) {
            return true;
        }
        try (Reader reader = Files.newBufferedReader(manifest)) {
            JsonElement tools = JsonParser.parseReader(reader).getAsJsonObject().get("tools");
            JsonElement version = tools == null || !tools.isJsonObject()
                    ? null
                    : tools.getAsJsonObject().get("tokenizers");
            Matcher matcher = version == null ? null : VERSION.matcher(version.getAsString());
            return matcher == null
                    || !matcher.lookingAt()
                    || Integer.parseInt(matcher.group(1)) > 0
                    || Integer.parseInt(matcher.group(2)) >= NORMALIZING_MINOR;
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException | NumberFormatException e) {
            throw new IOException(manifest + ": expected a djlift manifest, found something else", e);
        }
    }

    /** The overlap of windows that was asked for, -1 if none was. */
    public int stride() throws IOException {
        // An archive always states 0, which to DJL means none.
        int stride = number("stride", settings.getOrDefault("stride", "0"));
        return stride > 0 ? stride : Tokenization.NO_STRIDE;
    }

    private int limit() throws IOException {
        int limit = Integer.MAX_VALUE;
        for (String key : new String[] {"maxLength", "modelMaxLength"}) {
            String value = settings.get(key);
            if (value != null) {
                limit = Math.min(limit, number(key, value));
            }
        }
        if (limit == Integer.MAX_VALUE || limit < 1) {
            throw new IOException(
                    directory.resolve("serving.properties") + ": expected maxLength, or truncation=false, found "
                            + (limit < 1 ? "maxLength=" + limit : "neither"));
        }
        return limit;
    }

    private int number(String key, String value) throws IOException {
        try {
            return Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            throw new IOException(
                    directory.resolve("serving.properties") + ": expected a number for " + key + ", found " + value, e);
        }
    }

    private static boolean isOff(String truncation) {
        return "false".equals(truncation) || "do_not_truncate".equalsIgnoreCase(truncation);
    }

    private static JsonObject config(Path file) throws IOException {
        try (Reader reader = Files.newBufferedReader(file)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException(file + ": expected a model's configuration, found something else", e);
        }
    }

    private static List<String> labels(Path file) throws IOException {
        try {
            JsonElement map = config(file).get("id2label");
            if (map == null || !map.isJsonObject()) {
                throw new IOException(file + ": expected the labels as id2label, found none; is it a classifier?");
            }
            JsonObject byId = map.getAsJsonObject();
            List<String> labels = new ArrayList<>();
            for (int id = 0; id < byId.size(); id++) {
                JsonElement label = byId.get(Integer.toString(id));
                if (label == null) {
                    throw new IOException(
                            file + ": expected id2label from 0 to " + (byId.size() - 1) + ", found no " + id);
                }
                labels.add(label.getAsString());
            }
            return List.copyOf(labels);
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException e) {
            throw new IOException(file + ": expected a model's configuration, found something else", e);
        }
    }
}
