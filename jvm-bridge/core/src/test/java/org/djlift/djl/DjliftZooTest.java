package org.djlift.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;

import org.djlift.Archive;
import org.djlift.TokenClassifier;
import org.djlift.support.OtherJvm;
import org.djlift.support.Server;
import org.djlift.support.Tiny;
import org.djlift.support.TinyZoo;
import org.djlift.support.WithZoo;
import org.djlift.zoo.ZooCoordinates;
import org.djlift.zoo.ZooException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Plain DJL finds and loads what lies in a zoo, from a folder and over HTTP, and it is checked each time. */
class DjliftZooTest extends WithZoo {

    private static final ZooCoordinates MODEL = ZooCoordinates.parse(TinyZoo.MODEL);

    /** Run in a JVM of its own, as DJL looks for zoos only once: prints what plain DJL finds by the group. */
    public static void main(String[] args) throws Exception {
        Criteria<String, NamedEntity[]> criteria = Criteria.builder()
                .setTypes(String.class, NamedEntity[].class)
                .optApplication(Application.NLP.TOKEN_CLASSIFICATION)
                .optGroupId(TinyZoo.GROUP)
                .optArtifactId("tiny")
                .optFilter("precision", "fp16")
                .build();
        System.out.println(ModelZoo.hasModelZoo("org.djlift") + " " + version(criteria));
    }

    @ParameterizedTest
    @CsvSource({
        "folder, '', , 1.1 fp32", "folder, '[1.0,1.1)', fp16, 1.0 fp16", "folder, 1.0, , 1.0 fp32",
        "http, '', , 1.1 fp32", "http, '[1.0,2.0)', fp16, 1.1 fp16", "http, '(,1.1)', fp32, 1.0 fp32",
        "http, 1.0, fp16, 1.0 fp16"
    })
    void anAddressNamesTheModel(String kind, String range, String precision, String expected) throws Exception {
        try (Server server = new Server(zoo.top())) {
            set("djlift.zoo", kind.equals("http") ? server.address() : zoo.top().toString());
            offline(false);
            ZooCoordinates asked = MODEL.withVersion(range.isEmpty() ? null : range);
            // By the filter, and in the address.
            assertEquals(
                    expected, version(urls(asked, c -> precision == null ? c : c.optFilter("precision", precision))));
            assertEquals(expected, version(urls(asked.withPrecision(precision), c -> c.optArtifactId("tiny"))));
            assertEquals(
                    kind.equals("http") ? 1 : 0,
                    server.requests(".zip"),
                    server.seen().toString());
        }
    }

    @Test
    void itIsTheSameModel() throws Exception {
        try (ZooModel<String, NamedEntity[]> model = urls(MODEL, c -> c).loadModel();
                Predictor<String, NamedEntity[]> predictor = model.newPredictor();
                TokenClassifier classifier = TokenClassifier.load(TinyZoo.MODEL)) {
            for (String text : Tiny.texts()) {
                assertArrayEquals(
                        classifier.classify(text).stream()
                                .map(e -> e.label() + e.start() + e.word())
                                .toArray(),
                        Arrays.stream(predictor.predict(text))
                                .map(e -> e.getEntity() + e.getStart() + e.getWord())
                                .toArray());
            }
        }
    }

    @Test
    void stockDjlResolvesTheFolderByItself() throws Exception {
        UnaryOperator<Criteria.Builder<String, NamedEntity[]>> stock =
                c -> c.optModelUrls(zoo.top().toUri().toString())
                        .optArtifactId("tiny")
                        .optFilter("precision", "fp16");
        assertEquals("1.1 fp16", version(criteria(stock)));
        zoo.yank("1.1");
        assertEquals("1.0 fp16", version(criteria(stock)));
        // As DJL has it, whatever the zoo: a group does not go with addresses.
        Throwable e = assertThrows(
                ModelNotFoundException.class,
                () -> criteria(c -> stock.apply(c).optGroupId(TinyZoo.GROUP)).loadModel());
        assertTrue(e.getMessage().contains("groupId conflict"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aModelZooIsAskedByGroup(boolean http) throws Exception {
        try (Server server = new Server(zoo.top())) {
            String base = http ? server.address() : zoo.top().toString();
            offline(false);
            set("djlift.zoo", null);
            for (String range : new String[] {null, "[1.0,1.1)", "1.0"}) {
                DjliftZoo models = DjliftZoo.of(base, MODEL.withVersion(range));
                assertEquals(range == null ? "1.1 fp16" : "1.0 fp16", version(byGroup(models, TinyZoo.GROUP)));
            }
            DjliftZoo all = DjliftZoo.of(base, TinyZoo.GROUP);
            // A web server lists nothing.
            assertEquals(http ? 0 : 1, all.getModelLoaders().size());
            set("djlift.zoo.models", "org.djlift.test/tiny, org.example/other");
            assertEquals("1.1 fp16", version(byGroup(DjliftZoo.of(base, TinyZoo.GROUP), TinyZoo.GROUP)));
            assertThrows(ModelNotFoundException.class, () -> byGroup(DjliftZoo.of(base, TinyZoo.GROUP), "org.example")
                    .loadModel());
            set("djlift.zoo.models", "tiny");
            assertThrows(ZooException.class, () -> DjliftZoo.of(base, TinyZoo.GROUP));
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> DjliftZoo.of(zoo.top().toString(), MODEL, ZooCoordinates.of("org.example", "other")));
    }

    @Test
    void aModelZooThatIsKeptSeesNewVersions() throws Exception {
        zoo.yank("1.1");
        DjliftZoo models = DjliftZoo.of(null, MODEL);
        assertEquals("1.0 fp16", version(byGroup(models, TinyZoo.GROUP)));
        new TinyZoo(zoo.top());
        assertEquals("1.1 fp16", version(byGroup(models, TinyZoo.GROUP)));
        assertEquals("1.1 fp32", version(criteria(c -> c.optModelZoo(models))));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theProviderRegistersEveryGroup(boolean http) throws Exception {
        try (Server server = new Server(zoo.top())) {
            List<String> options = List.of(
                    "-Ddjlift.zoo=" + (http ? server.address() : zoo.top()),
                    "-Ddjlift.zoo.models=" + (http ? "org.djlift.test/tiny" : ""),
                    "-Ddjlift.cache=" + cache,
                    "-DDJL_CACHE_DIR=" + System.getProperty("DJL_CACHE_DIR"),
                    "-DENGINE_CACHE_DIR=" + System.getProperty("ENGINE_CACHE_DIR"));
            String said = OtherJvm.run(DjliftZooTest.class, options);
            assertEquals(
                    "true 1.1 fp16", said.replaceAll("(?m)^WARNING: .*\\R?", "").strip());
        }
    }

    @Test
    void aZooThatIsNoneDoesNotKeepDjlFromStarting() throws Exception {
        String said =
                OtherJvm.run(1, DjliftZooTest.class, List.of("-Ddjlift.zoo=s3://nowhere", "-Ddjlift.cache=" + cache));
        assertTrue(said.contains("ModelNotFoundException"), said);
    }

    @Test
    void whatIsNotThereIsSaid() {
        ZooException e = assertThrows(
                ZooException.class, () -> urls(MODEL.withVersion("3.0"), c -> c).loadModel());
        assertTrue(e.getMessage().contains("1.1 (fp32, fp16), 1.0"), e.getMessage());
        assertThrows(ModelNotFoundException.class, () -> urls(MODEL, c -> c.optFilter("precision", "int8"))
                .loadModel());
        assertThrows(ModelNotFoundException.class, () -> urls(MODEL, c -> c.optFilter("color", "red"))
                .loadModel());
        assertThrows(ModelNotFoundException.class, () -> urls(MODEL, c -> c.optArtifactId("other"))
                .loadModel());
        assertThrows(ModelNotFoundException.class, () -> urls(
                        MODEL.withPrecision("fp32"), c -> c.optFilter("precision", "fp16"))
                .loadModel());
        assertThrows(IllegalArgumentException.class, () -> criteria(c -> c.optModelUrls("djlift://org.djlift.test")));
        IllegalArgumentException comma = assertThrows(
                IllegalArgumentException.class, () -> criteria(c -> c.optModelUrls(TinyZoo.MODEL + "/%5B1.0,2.0)")));
        assertTrue(comma.getMessage().contains("%2C"), comma.getMessage());
    }

    @Test
    void theMetadataDoesNotChooseTheClasses() throws Exception {
        zoo.change(json -> json.getAsJsonArray("artifacts").forEach(a -> {
            a.getAsJsonObject().getAsJsonObject("arguments").addProperty("translatorFactory", Foreign.class.getName());
            a.getAsJsonObject().getAsJsonObject("arguments").addProperty("blockFactory", Foreign.class.getName());
        }));
        assertEquals("1.1 fp32", version(urls(MODEL, c -> c)));
    }

    @Test
    void aDamagedFolderOfTheCacheIsMadeAnew() throws Exception {
        Path folder;
        try (ZooModel<String, NamedEntity[]> model = urls(MODEL, c -> c).loadModel()) {
            folder = model.getModelPath();
        }
        assertTrue(folder.startsWith(cache), folder.toString());
        byte[] config = Files.readAllBytes(folder.resolve("config.json"));
        Files.writeString(folder.resolve("config.json"), new String(config).replace("PER", "LOC"));
        Files.delete(folder.resolve("tokenizer.json"));
        assertEquals("1.1 fp32", version(urls(MODEL, c -> c)));
        assertArrayEquals(config, Files.readAllBytes(folder.resolve("config.json")));
    }

    @Test
    void aReplacedZipInTheZooIsRefused() throws Exception {
        Criteria<String, NamedEntity[]> same = urls(MODEL.withVersion("1.0"), c -> c);
        version(same);
        Files.copy(zoo.zip("1.1", "fp32"), zoo.zip("1.0", "fp32"), StandardCopyOption.REPLACE_EXISTING);
        assertThrows(ZooException.class, () -> version(same));
        assertThrows(ZooException.class, () -> version(urls(MODEL.withVersion("1.0"), c -> c)));
    }

    @Test
    void aZipByItsPathIsWhatLiesThereNow() throws Exception {
        Path zip = Files.createDirectories(top.resolve("a folder")).resolve("ner.zip");
        String url = zip.toUri().toString().replace("file://", "djlift://");
        Files.copy(zoo.zip("1.0", "fp32"), zip);
        assertEquals("1.0 fp32", version(criteria(c -> c.optModelUrls(url))));
        Files.copy(zoo.zip("1.1", "fp16"), zip, StandardCopyOption.REPLACE_EXISTING);
        assertEquals("1.1 fp16", version(criteria(c -> c.optModelUrls(url))));
        // DJL's own way, for comparison: it goes on with what was there first (djl#1746).
        String stock = zip.toUri().toString();
        assertEquals("1.1 fp16", version(criteria(c -> named(c.optModelUrls(stock)))));
        Files.copy(zoo.zip("1.0", "fp32"), zip, StandardCopyOption.REPLACE_EXISTING);
        assertEquals("1.1 fp16", version(criteria(c -> named(c.optModelUrls(stock)))));
        assertEquals("1.0 fp32", version(criteria(c -> c.optModelUrls(url))));
        Files.delete(zip);
        assertThrows(IOException.class, () -> version(criteria(c -> c.optModelUrls(url))));
    }

    @Test
    void djlSaysWhetherItIsThere() throws Exception {
        Criteria<String, NamedEntity[]> criteria = urls(MODEL, c -> c);
        assertFalse(criteria.isDownloaded());
        criteria.downloadModel();
        assertNotEquals(List.of(), cached());
    }

    private static Criteria.Builder<String, NamedEntity[]> named(Criteria.Builder<String, NamedEntity[]> criteria) {
        return criteria.optModelName("model")
                .optTranslatorFactory(new org.djlift.translate.TokenClassificationTranslatorFactory());
    }

    private static Criteria<String, NamedEntity[]> urls(
            ZooCoordinates asked, UnaryOperator<Criteria.Builder<String, NamedEntity[]>> change) {
        return criteria(c -> change.apply(c.optModelUrls(asked.toString())));
    }

    private static Criteria<String, NamedEntity[]> byGroup(ModelZoo models, String group) {
        return criteria(c ->
                c.optModelZoo(models).optGroupId(group).optArtifactId("tiny").optFilter("precision", "fp16"));
    }

    private static Criteria<String, NamedEntity[]> criteria(
            UnaryOperator<Criteria.Builder<String, NamedEntity[]>> change) {
        return change.apply(Criteria.builder()
                        .setTypes(String.class, NamedEntity[].class)
                        .optApplication(Application.NLP.TOKEN_CLASSIFICATION))
                .build();
    }

    private static String version(Criteria<String, NamedEntity[]> criteria) throws Exception {
        try (ZooModel<String, NamedEntity[]> model = criteria.loadModel();
                Predictor<String, NamedEntity[]> predictor = model.newPredictor();
                Archive archive = Archive.open(model.getModelPath())) {
            assertTrue(predictor.predict("Ada Lovelace met Charles Babbage in London.").length > 0);
            return archive.manifest().version() + " " + archive.manifest().precision();
        }
    }

    /** What metadata must not be able to name. */
    public static final class Foreign {
        public Foreign() {
            throw new AssertionError("a class of the metadata's choice was made");
        }
    }
}
