package org.djlift.translate;

import ai.djl.Model;
import ai.djl.translate.TranslateException;

import org.djlift.Archive;
import org.djlift.archive.ArchiveException;
import org.djlift.archive.Manifest;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.tokenizer.Tokenization;
import org.slf4j.Logger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;

/** The files of a model that DJL has loaded, once they are what their manifest says. */
final class WholeArchive {

    private final ModelFolder folder;
    private final Tokenization tokenization;

    private WholeArchive(ModelFolder folder, Tokenization tokenization) {
        this.folder = folder;
        this.tokenization = tokenization;
    }

    /**
     * Checks and reads them; the model is closed when they are not what they should be.
     *
     * @param logger of the factory that asks
     */
    static WholeArchive of(Model model, Map<String, ?> arguments, Logger logger) throws TranslateException {
        check(model, logger);
        try {
            ModelFolder folder = ModelFolder.read(model.getModelPath(), arguments);
            Tokenization tokenization = folder.tokenization();
            // The tokenizers go with the model.
            model.getNDManager().attachInternal("djlift-" + UUID.randomUUID(), tokenization);
            return new WholeArchive(folder, tokenization);
        } catch (IOException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }

    ModelFolder folder() {
        return folder;
    }

    Tokenization tokenization() {
        return tokenization;
    }

    private static void check(Model model, Logger logger) throws TranslateException {
        Path folder = model.getModelPath();
        if (!Files.exists(folder.resolve(Manifest.FILE))) {
            // Nothing says what it should be: packed by another, or robbed of its manifest.
            logger.warn("{} has no {}: its files are not checked", folder, Manifest.FILE);
            return;
        }
        try (Archive archive = Archive.open(folder)) {
            logger.debug("whole: {}", archive);
        } catch (ArchiveException e) {
            model.close();
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            model.close();
            throw new TranslateException(e.getMessage(), e);
        }
    }
}
