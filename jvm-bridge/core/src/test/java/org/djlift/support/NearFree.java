package org.djlift.support;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An archive of a graph that costs next to nothing, for 256 tokens, and texts for it. */
public final class NearFree {

    /** Most tokens of a text. */
    public static final int WIDTH = 256;

    private static final String GRAPH = "model.onnx";
    private static final String SETTINGS = "serving.properties";
    private static final String SENTENCE = "Ada Lovelace met Charles Babbage in London. ";

    private NearFree() {}

    /** Writes the archive's files into a new temporary folder. */
    public static Path folder() throws IOException {
        Map<String, byte[]> files = new TreeMap<>(Tiny.files());
        try (InputStream graph = NearFree.class.getResourceAsStream("/near-free.onnx")) {
            files.put(GRAPH, graph.readAllBytes());
        }
        String settings = new String(files.get(SETTINGS), StandardCharsets.UTF_8);
        files.put(SETTINGS, settings.replaceAll("=32(?=\\R)", "=" + WIDTH).getBytes(StandardCharsets.UTF_8));
        Path folder = Files.createTempDirectory("near-free");
        folder.toFile().deleteOnExit();
        Zips.resealed(folder.resolve("once.zip"), files, GRAPH);
        Zips.resealed(folder.resolve("twice.zip"), files, SETTINGS);
        Files.delete(folder.resolve("once.zip"));
        Files.delete(folder.resolve("twice.zip"));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path target = folder.resolve(file.getKey());
            Files.createDirectories(target.getParent());
            target.getParent().toFile().deleteOnExit();
            Files.write(target, file.getValue()).toFile().deleteOnExit();
        }
        return folder;
    }

    /** A text, other for each number: 20 tokens, or cut at {@link #WIDTH}. */
    public static String text(int number, boolean whole) {
        return number % 10 + " " + number / 10 % 10 + " " + SENTENCE.repeat(whole ? 1 + WIDTH / 16 : 1) + number;
    }

    /** That many texts, no two of them equal. */
    public static List<String> texts(int count, boolean whole) {
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(text(i, whole));
        }
        return texts;
    }
}
