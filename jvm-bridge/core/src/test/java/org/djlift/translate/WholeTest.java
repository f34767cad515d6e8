package org.djlift.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;

import org.djlift.archive.ArchiveException;
import org.djlift.support.WithZoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** What stock DJL has unpacked and never looks at again is held to the manifest each time it is loaded. */
class WholeTest extends WithZoo {

    @ParameterizedTest
    @ValueSource(strings = {"edited", "cut", "added", "deleted"})
    void whatWasAlteredInDjlsCacheIsRefused(String fault) throws Exception {
        Path folder = load();
        assertEquals(folder, load());
        assertTrue(folder.startsWith(top.resolve("djl")), folder.toString());
        Path golden = folder.resolve("golden/cases.jsonl");
        byte[] bytes = Files.readAllBytes(golden);
        switch (fault) {
            case "edited":
                bytes[0] ^= 1;
                Files.write(golden, bytes);
                break;
            case "cut":
                Files.write(golden, Arrays.copyOf(bytes, bytes.length - 1));
                break;
            case "added":
                Files.write(folder.resolve("more.txt"), bytes);
                break;
            default:
                Files.delete(golden);
        }
        UncheckedIOException e = assertThrows(UncheckedIOException.class, this::load);
        ArchiveException cause = assertInstanceOf(ArchiveException.class, e.getCause());
        assertTrue(cause.getMessage().contains(fault.equals("added") ? "more.txt" : "cases.jsonl"), cause.getMessage());
    }

    @Test
    void otherLabelsAreSeen() throws Exception {
        Path folder = load();
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceFirst("PER", "LOC"));
        assertTrue(assertThrows(UncheckedIOException.class, this::load)
                .getMessage()
                .contains("SHA-256"));
    }

    @Test
    void aModelWithoutAManifestIsLoadedAsBefore() throws Exception {
        Files.delete(load().resolve("djlift.json"));
        load();
    }

    private Path load() throws Exception {
        Criteria<String, NamedEntity[]> criteria = Criteria.builder()
                .setTypes(String.class, NamedEntity[].class)
                .optModelPath(zoo.zip("1.0", "fp32"))
                .optModelName("model")
                .optTranslatorFactory(new TokenClassificationTranslatorFactory())
                .build();
        try (ZooModel<String, NamedEntity[]> model = criteria.loadModel()) {
            return model.getModelPath();
        }
    }
}
