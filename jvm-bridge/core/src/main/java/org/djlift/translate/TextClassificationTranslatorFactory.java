package org.djlift.translate;

import ai.djl.modality.Classifications;
import ai.djl.util.StringPair;

import org.djlift.data.LabelScore;
import org.djlift.data.TextPair;
import org.djlift.internal.tasks.ClassificationTask;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Makes translators that give a model of a djlift archive the labels and scores of Hugging Face's {@code
 * TextClassificationPipeline}.
 *
 * <p>Supported are {@code String} and {@code StringPair} to {@code Classifications}, arrays of either to {@code
 * Classifications[]}, and {@code Input} to {@code Output}: a text, or JSON that is a text, an object with {@code text}
 * and perhaps {@code text_pair}, a list of either, or an object with any of these as {@code inputs}. The classes come
 * by falling score.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters:
 *
 * <ul>
 *   <li>{@code top_k}: how many labels, {@code null} for all
 *   <li>{@code function_to_apply}: {@code softmax}, {@code sigmoid} or {@code none}
 *   <li>{@code parameters}: both as a JSON object
 * </ul>
 */
public class TextClassificationTranslatorFactory extends TaskTranslatorFactory<TextPair, List<LabelScore>> {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public TextClassificationTranslatorFactory() {}

    @Override
    TaskTranslators<TextPair, List<LabelScore>> translators() {
        return new TaskTranslators<>(
                new ClassificationTask(),
                List.of(
                        Kind.one(String.class, Classifications.class, TextPair::of, Classes::of),
                        Kind.one(StringPair.class, Classifications.class, Requests::pair, Classes::of),
                        Kind.many(
                                String[].class,
                                Classifications[].class,
                                TextPair::of,
                                Classes::of,
                                Classifications[]::new),
                        Kind.many(
                                StringPair[].class,
                                Classifications[].class,
                                Requests::pair,
                                Classes::of,
                                Classifications[]::new),
                        Kind.serving(Requests::pairs, Classes::of)));
    }

    /** DJL's classes. */
    private static final class Classes {

        private Classes() {}

        /** In the order given; DJL would otherwise tell five of them. */
        static Classifications of(List<LabelScore> labels) {
            Classifications classes = new Classifications(
                    labels.stream().map(LabelScore::label).collect(Collectors.toList()),
                    labels.stream().map(one -> (double) one.score()).collect(Collectors.toList()));
            classes.setTopK(Math.max(1, labels.size()));
            return classes;
        }
    }
}
