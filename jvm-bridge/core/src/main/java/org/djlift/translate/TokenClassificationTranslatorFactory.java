package org.djlift.translate;

import ai.djl.Model;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;

import org.djlift.data.Entity;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.tasks.EntityTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

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
    private static final EntityTask TASK = new EntityTask();

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
    public <I, O> Translator<I, O> newInstance(Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        if (!isSupported(input, output)) {
            throw new IllegalArgumentException("expected one of " + getSupportedTypes() + ", found " + input.getName()
                    + " to " + output.getName());
        }
        Logger logger = LoggerFactory.getLogger(TokenClassificationTranslatorFactory.class);
        Coded<String, NamedEntity[]> coded = coded(WholeArchive.of(model, arguments, logger));
        if (input == String.class) {
            return (Translator<I, O>) new OneTranslator<>(coded, Function.<String>identity());
        }
        return (Translator<I, O>)
                (input == Input.class
                        ? new ServingTranslator<>(coded, Requests::texts)
                        : new ManyTranslator<>(coded, Function.<String>identity(), NamedEntity[][]::new));
    }

    private static Coded<String, NamedEntity[]> coded(WholeArchive archive) throws TranslateException {
        ModelFolder folder = archive.folder();
        try {
            return new Coded<>(
                    TASK.bind(folder, archive.tokenization()).codec(stride(folder)),
                    folder.tokenizer().padding(),
                    TokenClassificationTranslatorFactory::named);
        } catch (IOException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }

    /** An archive always states 0, which to DJL means none. */
    private static Parameters stride(ModelFolder folder) throws IOException {
        int stride = folder.stride();
        return stride < 0 ? Parameters.none() : Parameters.none().with(EntityTask.STRIDE, BigInteger.valueOf(stride));
    }

    private static NamedEntity[] named(List<Entity> entities) {
        return entities.stream()
                .map(e -> new NamedEntity(e.label(), e.score(), e.index(), e.word(), e.start(), e.end()))
                .toArray(NamedEntity[]::new);
    }
}
