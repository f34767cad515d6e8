package org.djlift.translate;

import ai.djl.Model;
import ai.djl.modality.nlp.translator.ZeroShotClassificationInput;
import ai.djl.modality.nlp.translator.ZeroShotClassificationOutput;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;

import org.djlift.ZeroShotInput;
import org.djlift.ZeroShotResult;
import org.djlift.internal.ZeroShotTask;
import org.slf4j.LoggerFactory;

import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes translators that give a model of a djlift archive the labels and scores of Hugging Face's {@code
 * ZeroShotClassificationPipeline}.
 *
 * <p>Supported are {@code ZeroShotClassificationInput} to {@code ZeroShotClassificationOutput}, arrays of these, and
 * {@code Input} to {@code Output}: JSON objects with {@code text}, {@code candidate_labels} and perhaps {@code
 * hypothesis_template} and {@code multi_label}, as in DJL Serving, or a list of them. An input without candidates has the
 * labels of the archive.
 *
 * <p>DJL's input always has a template and a flag. Its default template, "This example is {}.", and the flag false stand
 * for what the archive or the arguments say; any other template, and true, win over them.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code labels} (a JSON list), {@code
 * hypothesis_template}, {@code multi_label}, or all as a JSON object named {@code parameters}.
 */
public class ZeroShotClassificationTranslatorFactory implements TranslatorFactory, Serializable {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public ZeroShotClassificationTranslatorFactory() {}

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
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) throws TranslateException {
        return translators()
                .newInstance(
                        input,
                        output,
                        model,
                        arguments,
                        LoggerFactory.getLogger(ZeroShotClassificationTranslatorFactory.class));
    }

    private static TaskTranslators<ZeroShotInput, ZeroShotResult> translators() {
        return new TaskTranslators<>(
                new ZeroShotTask(),
                List.of(
                        Kind.one(
                                ZeroShotClassificationInput.class,
                                ZeroShotClassificationOutput.class,
                                ZeroShotRequests::input,
                                ZeroShotRequests::output),
                        Kind.many(
                                ZeroShotClassificationInput[].class,
                                ZeroShotClassificationOutput[].class,
                                ZeroShotRequests::input,
                                ZeroShotRequests::output,
                                ZeroShotClassificationOutput[]::new),
                        Kind.serving(ZeroShotRequests::read, ZeroShotRequests::output)));
    }
}
