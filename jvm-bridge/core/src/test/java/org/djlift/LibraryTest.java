package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.support.OtherJvm;
import org.djlift.support.Surface;
import org.djlift.support.Tiny;
import org.djlift.support.WithTinyClassifier;
import org.djlift.support.Zips;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a library owes to the process it is in. */
class LibraryTest extends WithTinyClassifier {

    private static final List<String> EXPORTED = List.of(
            "AnswerOptions",
            "Archive",
            "ClassificationOptions",
            "CrossEncoder",
            "EmbeddingOptions",
            "EntityOptions",
            "FillOptions",
            "LatencyOptions",
            "MaskFiller",
            "MicroBatcher",
            "ModelBuilder",
            "Outcome",
            "QuestionAnswerer",
            "RankingOptions",
            "SparseEncoder",
            "SparseOptions",
            "TaskOptions",
            "TextClassifier",
            "TextEmbedder",
            "TextException",
            "TextModel",
            "TokenClassifier",
            "ZeroShotClassifier",
            "ZeroShotOptions",
            "archive.ArchiveException",
            "archive.Manifest",
            "archive.Manifest$FileRecord",
            "archive.Refusal",
            "archive.SignatureRefusedException",
            "data.AggregationStrategy",
            "data.Answer",
            "data.Calibration",
            "data.Entity",
            "data.LabelScore",
            "data.MaskFill",
            "data.Question",
            "data.RankedText",
            "data.RankingInput",
            "data.RankingOutput",
            "data.ScoreFunction",
            "data.SelfTest",
            "data.SelfTest$Level",
            "data.StageTimes",
            "data.TextPair",
            "data.TokenWeight",
            "data.ZeroShotInput",
            "data.ZeroShotResult",
            "djl.DjliftRepositoryFactory",
            "djl.DjliftZoo",
            "djl.DjliftZooProvider",
            "translate.ArchiveTranslatorFactory",
            "translate.CrossEncoderTranslatorFactory",
            "translate.FillMaskTranslatorFactory",
            "translate.QuestionAnsweringTranslatorFactory",
            "translate.SparseEmbeddingTranslatorFactory",
            "translate.TextClassificationTranslatorFactory",
            "translate.TextEmbeddingTranslatorFactory",
            "translate.TokenClassificationTranslatorFactory",
            "translate.ZeroShotClassificationTranslatorFactory",
            "zoo.Zoo",
            "zoo.ZooArtifact",
            "zoo.ZooCoordinates",
            "zoo.ZooException",
            "zoo.ZooException$Reason");

    private static final Pattern CORE = Pattern.compile("java\\..*|org\\.djlift\\.((archive|data|zoo)\\.)?[^.]*");
    private static final Pattern TRANSLATE =
            Pattern.compile("java\\..*|ai\\.djl\\..*|org\\.djlift\\.((archive|data|djl|translate|zoo)\\.)?[^.]*");

    /** Run in a JVM of its own: says nothing but what is here, and leaves the archive open. */
    public static void main(String[] args) throws IOException {
        TokenClassifier open = TokenClassifier.load(Path.of(args[0]));
        System.out.print(open.classify(Tiny.texts()).equals(open.classify(Tiny.texts())));
    }

    @Test
    void theSurfaceIsTheDocumentedClasses() throws Exception {
        TreeSet<String> found = new TreeSet<>();
        for (Class<?> type : Surface.classes()) {
            if (Surface.isPublic(type)) {
                found.add(type.getName().substring("org.djlift.".length()));
                boolean ofDjl = type.getPackageName().matches(".*\\.(djl|translate)");
                Pattern allowed = ofDjl ? TRANSLATE : CORE;
                assertEquals(List.of(), Surface.strangers(type, allowed));
            }
        }
        assertEquals(EXPORTED, new ArrayList<>(found));
    }

    @Test
    void nothingStaticCanChangeAndNothingIsWrittenPastSlf4j() throws Exception {
        assertTrue(Surface.classes().size() > 40);
        for (Class<?> type : Surface.classes()) {
            assertEquals(List.of(), Surface.state(type));
            assertEquals(List.of(), Surface.outputs(type));
        }
    }

    @Test
    void aClassThatDoesOtherwiseIsSeen() throws Exception {
        assertEquals(
                List.of(Planted.class.getName() + ".count", Planted.class.getName() + ".cache"),
                Surface.state(Planted.class));
        assertEquals(List.of(Planted.class.getName() + ": java/io/PrintStream"), Surface.outputs(Planted.class));
        String strangers = Surface.strangers(Planted.class, CORE).toString();
        assertTrue(strangers.contains(Encoded.class.getName()), strangers);
        assertTrue(strangers.contains("open"), strangers);
        assertFalse(strangers.contains("fine"), strangers);
    }

    @Test
    void loadingAndClassifyingSaysNothingAndLeavesNothing(@TempDir Path top) throws Exception {
        String output = OtherJvm.run(LibraryTest.class, List.of("-Djava.io.tmpdir=" + top), Tiny.ZIP.toString());
        // Newer JVMs warn of native libraries by themselves.
        assertEquals("true", output.replaceAll("(?m)^WARNING: .*\\R?", ""));
        try (Stream<Path> left = Files.list(top)) {
            assertEquals(
                    List.of(),
                    left.filter(p -> p.getFileName().toString().startsWith("djlift-"))
                            .collect(Collectors.toList()));
        }
    }

    @Test
    void whatIsNullIsSaid() {
        assertThrows(NullPointerException.class, () -> classifier.classify((List<String>) null));
        NullPointerException strategy = assertThrows(NullPointerException.class, () -> classifier.classify("x", null));
        assertEquals("options", strategy.getMessage());
        NullPointerException path = assertThrows(NullPointerException.class, () -> TokenClassifier.load((Path) null));
        assertEquals("path", path.getMessage());
        for (NullPointerException e : List.of(
                assertThrows(
                        NullPointerException.class,
                        () -> classifier.runner.trace(
                                texts("a", null), Tiny.options(AggregationStrategy.SIMPLE, -1).parameters, 1, 0)),
                assertThrows(
                        NullPointerException.class,
                        () -> classifier.runner.encode(texts("a", null), Parameters.none())),
                assertThrows(
                        NullPointerException.class,
                        () -> classifier.runner.decode(
                                texts("a", null),
                                Tiny.options(AggregationStrategy.MAX, -1).parameters,
                                new float[0])))) {
            assertEquals("the input at index 1 is null", e.getMessage());
        }
    }

    @Test
    void anArchiveOfAnotherTaskIsRefused(@TempDir Path top) throws Exception {
        Map<String, byte[]> files = new TreeMap<>(Tiny.files());
        String manifest = new String(files.get(Manifest.FILE), StandardCharsets.UTF_8);
        files.put(Manifest.FILE, Zips.sealed(manifest.replace("\"token-classification\"", "\"fill-mask\"")));
        Path zip = Zips.write(top.resolve("other.zip"), files);
        ArchiveException e = assertThrows(ArchiveException.class, () -> TokenClassifier.load(zip));
        assertEquals("the task token-classification", e.expected());
        assertEquals("fill-mask", e.found());
    }

    @Test
    void closeWaitsForTheCallsUnderWay() throws Exception {
        List<List<Entity>> expected = classifier.classify(Tiny.texts());
        TokenClassifier shared = TokenClassifier.load(Tiny.ZIP);
        Path folder = shared.directory();
        AtomicInteger answered = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(pool.submit(() -> {
                    while (true) {
                        try {
                            assertEquals(expected, shared.classify(Tiny.texts()));
                            answered.incrementAndGet();
                        } catch (IllegalStateException e) {
                            return e.getMessage();
                        }
                    }
                }));
            }
            while (answered.get() < 8) {
                Thread.sleep(1);
            }
            shared.close();
            assertFalse(Files.exists(folder));
            for (Future<String> said : all) {
                assertTrue(said.get().endsWith("is closed"), said.get());
            }
        } finally {
            pool.shutdownNow();
        }
        assertThrows(
                IllegalStateException.class,
                () -> shared.runner.decode(
                        List.of(), Tiny.options(AggregationStrategy.MAX, -1).parameters, new float[0]));
    }

    private static List<String> texts(String... texts) {
        return Arrays.asList(texts);
    }

    /** Everything that a class of the library must not do. */
    public static final class Planted {

        static final String FINE = "fine";
        static int count;
        static final List<String> cache = new ArrayList<>();
        public int open;

        public Encoded internal() {
            System.out.println(FINE);
            return null;
        }

        public List<String> fine(Entity[] entities) throws IOException {
            return cache;
        }
    }
}
