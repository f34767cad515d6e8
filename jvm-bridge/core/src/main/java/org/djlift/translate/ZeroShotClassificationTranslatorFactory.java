package org.djlift.translate;

import ai.djl.modality.nlp.translator.ZeroShotClassificationInput;
import ai.djl.modality.nlp.translator.ZeroShotClassificationOutput;

import org.djlift.data.ZeroShotInput;
import org.djlift.data.ZeroShotResult;
import org.djlift.internal.tasks.ZeroShotTask;

import java.util.List;

/**
 * Makes translators that give a model of a djlift archive the labels and scores of Hugging Face's {@code
 * ZeroShotClassificationPipeline}.
 *
 * <p>Supported are {@code ZeroShotClassificationInput} to {@code ZeroShotClassificationOutput}, arrays of these, and
 * {@code Input} to {@code Output}: JSON objects with {@code text}, {@code candidate_labels} and perhaps {@code
 * hypothesis_template} and {@code multi_label}, as in DJL Serving, or a list of them. An input without candidates has
 * the labels of the archive.
 *
 * <p>DJL's input always has a template and a flag. Its default template, "This example is {}.", and the flag false
 * stand for what the archive or the arguments say; any other template, and true, win over them.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code labels} (a JSON list), {@code
 * hypothesis_template}, {@code multi_label}, or all as a JSON object named {@code parameters}.
 */
public class ZeroShotClassificationTranslatorFactory extends TaskTranslatorFactory<ZeroShotInput, ZeroShotResult> {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public ZeroShotClassificationTranslatorFactory() {}

    @Override
    TaskTranslators<ZeroShotInput, ZeroShotResult> translators() {
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
