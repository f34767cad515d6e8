package org.djlift.translate;

import ai.djl.util.StringPair;

import org.djlift.data.RankingInput;
import org.djlift.data.RankingOutput;
import org.djlift.internal.tasks.RankingTask;

import java.util.List;

/**
 * Makes translators that give a model of a djlift archive the scores of sentence-transformers' {@code CrossEncoder}.
 *
 * <p>Supported are {@code StringPair} to {@code float[]}, a score for each label of the model, {@code StringPair[]} to
 * {@code float[][]}, and {@code Input} to {@code Output} with the requests of DJL Serving: {@code text} and {@code
 * text_pair}, or {@code key} and {@code value}, as JSON or as parts; a JSON list of such objects; {@code query} and
 * {@code texts}. Beside these a request may have {@code query} and {@code text}, or {@code query} and {@code
 * documents}, whose answer is a list of objects with {@code index} and {@code score}, the best first.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code function_to_apply} ({@code sigmoid}
 * or {@code none}), {@code apply_softmax}, {@code top_k}, {@code prompt}, or all as a JSON object named {@code
 * parameters}.
 */
public class CrossEncoderTranslatorFactory extends TaskTranslatorFactory<RankingInput, RankingOutput> {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public CrossEncoderTranslatorFactory() {}

    @Override
    TaskTranslators<RankingInput, RankingOutput> translators() {
        return new TaskTranslators<>(
                new RankingTask(),
                List.of(
                        Kind.one(StringPair.class, float[].class, RankingRequests::input, RankingOutput::scores),
                        Kind.many(
                                StringPair[].class,
                                float[][].class,
                                RankingRequests::input,
                                RankingOutput::scores,
                                float[][]::new),
                        Kind.serving(RankingRequests::read, RankingRequests::answer)));
    }
}
