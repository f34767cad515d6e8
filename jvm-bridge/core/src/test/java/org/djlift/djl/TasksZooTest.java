package org.djlift.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;

import org.djlift.Archive;
import org.djlift.SparseEncoder;
import org.djlift.TextEmbedder;
import org.djlift.TokenClassifier;
import org.djlift.zoo.ZooException.Reason;
import org.djlift.support.Server;
import org.djlift.support.Tiny;
import org.djlift.support.TinyClassifier;
import org.djlift.support.TinyEmbedder;
import org.djlift.support.WithZoo;
import org.djlift.zoo.Zoo;
import org.djlift.zoo.ZooCoordinates;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Models of every task are found in a zoo, by djlift's classes and by plain DJL. */
class TasksZooTest extends WithZoo {

    private static final String START = "djlift://org.djlift.test/";
    private static final List<String> TEXTS = List.of("Angela lives in Paris.");

    @BeforeEach
    void everyTask() throws IOException {
        for (String one : List.of("classifier", "embedder", "masks", "questions", "ranking", "sparse", "zero-shot")) {
            zoo.publish(Tiny.FOLDER.resolveSibling("tiny-" + one), one);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyTaskIsFound(boolean http) throws Exception {
        try (Server server = new Server(zoo.top())) {
            set("djlift.zoo", http ? server.address() : zoo.top().toString());
            offline(false);
            for (String one : List.of("classifier", "masks", "questions", "ranking", "zero-shot", "tiny")) {
                String newest = loaded(START + one);
                assertTrue(newest.endsWith(" fp32"), newest);
                // And from the cache, without a task in its name.
                assertEquals(newest, loaded(START + one + "/" + newest.replace(" fp32", "")));
            }
            try (TextEmbedder embedder = TextEmbedder.load(START + "embedder/1.0.0?precision=fp32");
                    SparseEncoder encoder = SparseEncoder.load(START + "sparse")) {
                assertTrue(embedder.embed(TEXTS).get(0).length > 0);
                assertFalse(encoder.encode(TEXTS).get(0).isEmpty());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNameOfTwoTasksNeedsTheTask(boolean http) throws Exception {
        zoo.publish(TinyEmbedder.FOLDER, "twice");
        zoo.publish(TinyClassifier.FOLDER, "twice");
        try (Server server = new Server(zoo.top())) {
            set("djlift.zoo", http ? server.address() : zoo.top().toString());
            offline(false);
            String[] both = {"nlp/text_classification", "nlp/text_embedding", "?task=text-classification"};
            refused(Reason.REFUSED, () -> loaded(START + "twice"), both);
            refused(Reason.REFUSED, () -> loaded(START + "twice/[1.0,2.0)"), both);
            try (Archive archive = Archive.open(START + "twice?precision=fp32&task=text-embedding")) {
                assertEquals("text-embedding", archive.manifest().task());
            }
            try (Archive archive = Archive.open(START + "twice?task=text-classification&precision=fp32")) {
                assertEquals("text-classification", archive.manifest().task());
            }
            // The class says what is meant.
            TextEmbedder.load(START + "twice").close();
        }
    }

    @Test
    void aModelOfAnotherTaskIsNotThatModel() {
        refused(
                Reason.ABSENT,
                () -> TokenClassifier.load(START + "embedder"),
                "org.djlift.test/embedder for token-classification",
                "org.djlift.test/embedder for text-embedding");
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> ZooCoordinates.parse(START + "a?task=poetry"));
        assertTrue(
                e.getMessage().contains("token-classification")
                        && e.getMessage().contains("poetry"),
                e.getMessage());
        assertThrows(
                IllegalArgumentException.class, () -> ZooCoordinates.parse(START + "a?precision=fp32&precision=fp16"));
    }

    @Test
    void anArchiveInThePlaceOfAnotherTaskIsRefused() throws IOException {
        Path zip = zoo.publish(TinyEmbedder.FOLDER, "wrong");
        Path moved = zoo.top().resolve("model/nlp/token_classification/org/djlift/test/wrong");
        Files.move(zip.getParent(), moved);
        refused(Reason.REFUSED, () -> loaded(START + "wrong"), "nlp/token_classification", "text-embedding");
    }

    @Test
    void plainDjlFindsEveryTask() throws Exception {
        Criteria<String, float[]> embedder = Criteria.builder()
                .setTypes(String.class, float[].class)
                .optModelUrls(START + "embedder")
                .build();
        try (ZooModel<String, float[]> model = embedder.loadModel();
                Predictor<String, float[]> predictor = model.newPredictor();
                TextEmbedder own = TextEmbedder.load(TinyEmbedder.FOLDER)) {
            assertArrayEquals(own.embed(TEXTS).get(0), predictor.predict(TEXTS.get(0)), 1e-6f);
        }
        // By the group, where two tasks share a name: the application says which is meant.
        zoo.publish(TinyEmbedder.FOLDER, "twice");
        zoo.publish(TinyClassifier.FOLDER, "twice");
        ModelZoo models = DjliftZoo.of(null, "org.djlift.test");
        assertEquals(10, models.getModelLoaders().size());
        Criteria<String, Classifications> classifier = Criteria.builder()
                .setTypes(String.class, Classifications.class)
                .optModelZoo(models)
                .optApplication(Application.NLP.TEXT_CLASSIFICATION)
                .optArtifactId("twice")
                .build();
        try (ZooModel<String, Classifications> model = classifier.loadModel();
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            assertFalse(predictor.predict(TEXTS.get(0)).items().isEmpty());
        }
        Set<String> tasks =
                Zoo.configured().listing().stream().flatMap(one -> one.task().stream()).collect(Collectors.toSet());
        assertEquals(7, tasks.size(), tasks.toString());
    }

    @Test
    void plainDjlDoesNotStartTheThreadsOfAnArchive() throws Exception {
        Path zip = TinyEmbedder.changed(
                TinyEmbedder.FOLDER,
                top.resolve("threads.zip"),
                "serving.properties",
                text -> text + "option.intraOpNumThreads=300\noption.interOpNumThreads=300\n");
        Criteria<String, float[]> criteria = Criteria.builder()
                .setTypes(String.class, float[].class)
                .optModelUrls("djlift://" + zip)
                .build();
        int before = new java.io.File("/proc/self/task").list().length;
        try (ZooModel<String, float[]> model = criteria.loadModel();
                TextEmbedder own = TextEmbedder.load(zip)) {
            int after = new java.io.File("/proc/self/task").list().length;
            assertTrue(after - before < 100, before + ", then " + after + own + model);
        }
    }

    @Test
    void plainDjlLoadsAZipOfAnyTask() throws Exception {
        Path zip = zoo.publish(TinyClassifier.FOLDER, "zip");
        Criteria<String, Classifications> criteria = Criteria.builder()
                .setTypes(String.class, Classifications.class)
                .optModelUrls("djlift://" + zip)
                .build();
        try (ZooModel<String, Classifications> model = criteria.loadModel();
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            assertFalse(predictor.predict(TEXTS.get(0)).items().isEmpty());
        }
        Criteria<String, NamedEntity[]> other = Criteria.builder()
                .setTypes(String.class, NamedEntity[].class)
                .optModelUrls("djlift://" + zip)
                .build();
        assertThrows(IllegalArgumentException.class, () -> other.loadModel().close());
    }
}
