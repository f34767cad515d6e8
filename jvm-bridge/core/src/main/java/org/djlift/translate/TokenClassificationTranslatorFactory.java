package org.djlift.translate;

import ai.djl.Model;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;

import org.djlift.Archive;
import org.djlift.ArchiveException;
import org.djlift.Manifest;
import org.djlift.internal.ModelFolder;
import org.djlift.internal.Tokenization;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Makes translators that give a model of a djlift archive the entities of Hugging Face's {@code
 * TokenClassificationPipeline}.
 *
 * <p>Supported are {@code String} to {@code NamedEntity[]}, {@code String[]} to {@code NamedEntity[][]}, and {@code
 * Input} to {@code Output} as in DJL Serving. Starts and ends count UTF-16 units and fit {@code String.substring}; the
 * index is the position of the token under the strategy {@code none}, -1 otherwise.
 *
 * <p>Arguments of {@code Criteria}, which win over serving.properties:
 *
 * <ul>
 *   <li>{@code aggregation_strategy}: {@code none}, {@code simple}, {@code first}, {@code average} or {@code max}
 *   <li>{@code ignoreLabels}: labels that are dropped, comma-separated
 *   <li>{@code stride}: tokens that overlap between the windows of a long text; 0, the default, cuts the text instead
 * </ul>
 */
public class TokenClassificationTranslatorFactory implements TranslatorFactory, Serializable {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public TokenClassificationTranslatorFactory() {}

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(
                new Pair<>(String.class, NamedEntity[].class),
                new Pair<>(String[].class, NamedEntity[][].class),
                new Pair<>(Input.class, Output.class));
    }

    /**
     * Makes a translator for a model.
     *
     * @throws IllegalArgumentException if an argument or the pair of types is not supported
     * @throws UncheckedIOException if the model is a djlift archive and not what its manifest says: a file was altered,
     *     cut short, added or removed since it was packed. The model is closed then. This is checked each time, as DJL
     *     itself never looks again at what it has unpacked once
     * @throws TranslateException if a file of the model cannot be read
     */
    @Override
    @SuppressWarnings("unchecked")
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) throws TranslateException {
        if (!isSupported(input, output)) {
            throw new IllegalArgumentException(
                    "expected one of " + getSupportedTypes() + ", found " + input.getName() + " to "
                            + output.getName());
        }
        mustBeWhole(model);
        EntityCodec codec = codec(model, arguments);
        if (input == String.class) {
            return (Translator<I, O>) new TextTranslator(codec);
        }
        return (Translator<I, O>) (input == Input.class ? new ServingTranslator(codec) : new TextsTranslator(codec));
    }

    private static void mustBeWhole(Model model) throws TranslateException {
        Path folder = model.getModelPath();
        if (!Files.exists(folder.resolve(Manifest.FILE))) {
            // Nothing says what it should be: packed by another, or robbed of its manifest.
            LoggerFactory.getLogger(TokenClassificationTranslatorFactory.class)
                    .warn("{} has no {}: its files are not checked", folder, Manifest.FILE);
            return;
        }
        try (Archive archive = Archive.open(folder)) {
            LoggerFactory.getLogger(TokenClassificationTranslatorFactory.class).debug("whole: {}", archive);
        } catch (ArchiveException e) {
            model.close();
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            model.close();
            throw new TranslateException(e.getMessage(), e);
        }
    }

    private static EntityCodec codec(Model model, Map<String, ?> arguments) throws TranslateException {
        try {
            ModelFolder folder = ModelFolder.read(model.getModelPath(), arguments);
            Tokenization tokenization = folder.tokenization();
            // The tokenizers go with the model.
            model.getNDManager().attachInternal("djlift-" + UUID.randomUUID(), tokenization);
            return new EntityCodec(
                    tokenization,
                    folder.decoder(tokenization),
                    folder.tokenizer().padding(),
                    folder.strategy(),
                    folder.stride());
        } catch (IOException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }
}
