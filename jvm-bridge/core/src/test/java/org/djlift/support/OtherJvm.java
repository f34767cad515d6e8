package org.djlift.support;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.djlift.internal.graph.Graph;
import org.djlift.internal.graph.Graphs;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.graph.SessionSettings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What a test needs of another JVM, or of the rooms that are not public. */
public final class OtherJvm {

    private OtherJvm() {}

    /** Runs a class of the tests in a new JVM with UTF-8 throughout and gives what it prints. */
    public static String run(Class<?> main, List<String> options, String... arguments)
            throws IOException, InterruptedException {
        return run(0, main, options, arguments);
    }

    /** The same for a class that exits with another status than 0. */
    public static String run(int status, Class<?> main, List<String> options, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(java());
        command.addAll(options);
        command.add(main.getName());
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(status, process.waitFor(), output);
        return output;
    }

    /** The start of a command: this Java, with UTF-8 throughout and the class path of the tests. */
    public static List<String> java() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dfile.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"));
    }

    /** The graph of a folder whose files nobody has checked. */
    public static Graph graph(Path folder) throws IOException {
        return Graphs.load(folder, OutputForm.TOKENS, new SessionSettings("cpu", Map.of(), Map.of()));
    }
}
