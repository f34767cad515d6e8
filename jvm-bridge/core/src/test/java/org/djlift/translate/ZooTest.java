package org.djlift.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.Repository;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.util.Utils;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;

import org.djlift.Archive;
import org.djlift.TokenClassifier;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.support.Tiny;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.StreamSupport;

/** Stock DJL finds and loads what djlift writes into a zoo; generate/tiny_zoo.py wrote this one. */
class ZooTest {

    private static final Path ZOO = zoo();
    private static final Path MODEL = ZOO.resolve("model/nlp/token_classification/org/djlift/test/tiny");
    private static final Map<String, String> BEFORE = new HashMap<>();

    @TempDir
    static Path cache;

    /** Models go into a cache of their own: DJL keeps them by the path they came from, whatever they hold by then. */
    @BeforeAll
    static void ownCache() {
        Path engines = Utils.getEngineCacheDir();
        set("DJL_CACHE_DIR", cache.toString());
        set("ENGINE_CACHE_DIR", engines.toString());
    }

    @AfterAll
    static void sharedCache() {
        BEFORE.forEach((key, value) -> {
            if (value == null) {
                System.clearProperty(key);
            } else {
                System.setProperty(key, value);
            }
        });
    }

    @Test
    void theStockTranslatorLoadsIt() throws Exception {
        try (ZooModel<String, NamedEntity[]> model = load(c -> c.optArtifactId("tiny")
                        .optFilter("precision", "fp32")
                        .optTranslatorFactory(
                                new ai.djl.huggingface.translator.TokenClassificationTranslatorFactory()));
                Predictor<String, NamedEntity[]> predictor = model.newPredictor()) {
            // DJL's own entities: what they are is not djlift's promise, that there are some is.
            assertTrue(predictor.predict(Tiny.texts().get(0)).length > 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"1.0, fp32, SIMPLE", "1.1, fp32, FIRST", "1.0, fp16, SIMPLE", "1.1, fp16, FIRST"})
    void theTranslatorOfTheMetadataIsFoundByItself(String version, String precision, AggregationStrategy strategy)
            throws Exception {
        Path zip = MODEL.resolve(version + "/tiny-" + version + "-" + precision + ".zip");
        try (ZooModel<String, NamedEntity[]> model = load(c -> c.optModelZoo(new Versions("[" + version + "]"))
                        .optGroupId("org.djlift.test")
                        .optArtifactId("tiny")
                        .optFilter("precision", precision));
                Predictor<String, NamedEntity[]> predictor = model.newPredictor();
                TokenClassifier classifier = TokenClassifier.load(zip)) {
            assertEquals(strategy, classifier.aggregationStrategy());
            for (String text : Tiny.texts()) {
                assertSame(classifier.classify(text), predictor.predict(text));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"'[1.0,1.1)', 1.0", "'(1.0,)', 1.1", "'[1.0]', 1.0", "'[1.1,2.0)', 1.1", "'[1.0,2.0)', 1.0 1.1"})
    void aRangeGivesTheFirstVersionInItThatIsListed(String range, String versions) throws Exception {
        JsonArray listed = JsonParser.parseString(Files.readString(MODEL.resolve("metadata.json")))
                .getAsJsonObject()
                .getAsJsonArray("artifacts");
        String first = StreamSupport.stream(listed.spliterator(), false)
                .map(a -> a.getAsJsonObject().get("version").getAsString())
                .filter(List.of(versions.split(" "))::contains)
                .findFirst()
                .orElseThrow();
        try (ZooModel<String, NamedEntity[]> model = load(c -> c.optModelZoo(new Versions(range))
                        .optGroupId("org.djlift.test")
                        .optArtifactId("tiny")
                        .optFilter("precision", "fp32"));
                Archive archive = Archive.open(model.getModelPath())) {
            assertEquals(first, archive.manifest().version());
        }
    }

    @Test
    void whatDjlUnpackedIsTheArchive() throws Exception {
        try (ZooModel<String, NamedEntity[]> model = load(c -> c.optFilter("precision", "fp16"))) {
            try (Archive archive = Archive.open(model.getModelPath())) {
                assertEquals("fp16", archive.manifest().precision());
                assertTrue(archive.selfTest().passed(), archive.selfTest().toString());
            }
        }
    }

    @Test
    void theDoorOfDjlServingIsFoundToo() throws Exception {
        Criteria<Input, Output> criteria = Criteria.builder()
                .setTypes(Input.class, Output.class)
                .optApplication(Application.NLP.TOKEN_CLASSIFICATION)
                .optModelUrls(ZOO.toUri().toString())
                .optFilter("precision", "fp32")
                .build();
        try (ZooModel<Input, Output> model = criteria.loadModel();
                Predictor<Input, Output> predictor = model.newPredictor()) {
            Input input = new Input();
            input.add("Ada Lovelace met Charles Babbage in London.");
            assertTrue(predictor.predict(input).getData().getAsString().startsWith("["));
        }
    }

    @Test
    void whatIsNotThereIsNotFound() {
        List<UnaryOperator<Criteria.Builder<String, NamedEntity[]>>> all = List.of(
                c -> c.optFilter("precision", "int8"),
                c -> c.optModelZoo(new Versions("[3.0]")),
                c -> c.optArtifactId("other"),
                c -> c.optGroupId("org.example"),
                c -> c.optApplication(Application.NLP.TEXT_CLASSIFICATION));
        for (UnaryOperator<Criteria.Builder<String, NamedEntity[]>> change : all) {
            assertThrows(ModelNotFoundException.class, () -> load(change).close());
        }
    }

    private static ZooModel<String, NamedEntity[]> load(UnaryOperator<Criteria.Builder<String, NamedEntity[]>> change)
            throws Exception {
        Criteria.Builder<String, NamedEntity[]> criteria = Criteria.builder()
                .setTypes(String.class, NamedEntity[].class)
                .optApplication(Application.NLP.TOKEN_CLASSIFICATION)
                .optModelUrls(ZOO.toUri().toString());
        return change.apply(criteria).build().loadModel();
    }

    /** What stock DJL offers to ask for a group and a range of versions: urls alone give the newest of any group. */
    private static final class Versions extends ModelZoo {

        Versions(String range) {
            Repository zoo = Repository.newInstance("zoo", ZOO.toUri().toString());
            addModel(zoo.model(Application.NLP.TOKEN_CLASSIFICATION, getGroupId(), "tiny", range));
        }

        @Override
        public String getGroupId() {
            return "org.djlift.test";
        }

        @Override
        public Set<String> getSupportedEngines() {
            return Set.of("OnnxRuntime");
        }
    }

    private static void assertSame(List<Entity> expected, NamedEntity[] found) {
        assertArrayEquals(
                expected.stream()
                        .map(e -> e.label() + e.start() + "-" + e.end() + e.word())
                        .toArray(),
                Arrays.stream(found)
                        .map(e -> e.getEntity() + e.getStart() + "-" + e.getEnd() + e.getWord())
                        .toArray());
        for (int i = 0; i < found.length; i++) {
            assertEquals(expected.get(i).score(), found[i].getScore(), 1e-5f);
        }
    }

    private static void set(String key, String value) {
        BEFORE.put(key, System.getProperty(key));
        System.setProperty(key, value);
    }

    private static Path zoo() {
        try {
            return Path.of(ZooTest.class.getResource("/tiny-zoo").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
