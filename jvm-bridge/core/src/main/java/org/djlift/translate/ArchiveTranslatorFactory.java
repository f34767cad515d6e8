package org.djlift.translate;

import ai.djl.Model;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;

import org.djlift.internal.engine.ModelFolder;

import java.io.IOException;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Makes translators for a djlift archive of any task, which its manifest names.
 *
 * <p>Supported is what the factory of that task supports.
 */
public class ArchiveTranslatorFactory implements TranslatorFactory, Serializable {

    private static final long serialVersionUID = 1L;

    private static final Map<String, TranslatorFactory> FACTORIES = Map.of(
            "token-classification", new TokenClassificationTranslatorFactory(),
            "text-classification", new TextClassificationTranslatorFactory(),
            "text-embedding", new TextEmbeddingTranslatorFactory(),
            "sparse-embedding", new SparseEmbeddingTranslatorFactory(),
            "fill-mask", new FillMaskTranslatorFactory(),
            "question-answering", new QuestionAnsweringTranslatorFactory(),
            "text-ranking", new CrossEncoderTranslatorFactory(),
            "zero-shot-classification", new ZeroShotClassificationTranslatorFactory());

    /** Makes a factory; DJL does so by the name of the class. */
    public ArchiveTranslatorFactory() {}

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        Set<Pair<Type, Type>> types = new HashSet<>();
        FACTORIES.values().forEach(factory -> types.addAll(factory.getSupportedTypes()));
        return types;
    }

    /**
     * Makes a translator for a model.
     *
     * @throws IllegalArgumentException if an argument or the pair of types is not supported by the task
     * @throws TranslateException if a file of the model cannot be read, or its task is unknown
     */
    @Override
    public <I, O> Translator<I, O> newInstance(Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        String task;
        try {
            task = ModelFolder.task(model.getModelPath());
        } catch (IOException e) {
            throw new TranslateException(e.getMessage(), e);
        }
        TranslatorFactory factory = FACTORIES.get(task);
        if (factory == null) {
            throw new TranslateException(
                    model.getModelPath() + ": expected a task of this version of djlift, found " + task);
        }
        return factory.newInstance(input, output, model, arguments);
    }
}
