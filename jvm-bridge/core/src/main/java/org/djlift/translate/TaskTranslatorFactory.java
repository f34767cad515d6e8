package org.djlift.translate;

import ai.djl.Model;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;

import org.slf4j.LoggerFactory;

import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Set;

/** A factory of a general task. It has no state, so that it can travel. */
abstract class TaskTranslatorFactory<I, O> implements TranslatorFactory, Serializable {

    private static final long serialVersionUID = 1L;

    /** The task, and the pairs of types that it has translators for. */
    abstract TaskTranslators<I, O> translators();

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return translators().supportedTypes();
    }

    /**
     * Makes a translator for a model.
     *
     * @throws IllegalArgumentException if an argument or the pair of types is not supported
     * @throws UncheckedIOException if the model is a djlift archive and not what its manifest says; it is closed then
     * @throws TranslateException if a file of the model cannot be read
     */
    @Override
    public <A, B> Translator<A, B> newInstance(Class<A> input, Class<B> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        return translators().newInstance(input, output, model, arguments, LoggerFactory.getLogger(getClass()));
    }
}
