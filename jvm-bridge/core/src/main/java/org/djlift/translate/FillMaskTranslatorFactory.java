package org.djlift.translate;

import ai.djl.modality.Classifications;

import org.djlift.data.MaskFill;
import org.djlift.internal.tasks.FillMaskTask;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes translators that give a model of a djlift archive the tokens and scores of Hugging Face's {@code
 * FillMaskPipeline}.
 *
 * <p>Supported are {@code String} to {@code Classifications}, the tokens of the only mask of a text as DJL's own
 * translator gives them; {@code String[]} to {@code Classifications[]}; {@code String} to {@code MaskFill[][]}, for any
 * number of masks; and {@code Input} to {@code Output}: a text, or JSON that is a text, a list of texts, or an object
 * with either as {@code inputs}.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code top_k}, {@code targets} as a JSON
 * list, or {@code parameters} with both as a JSON object.
 */
public class FillMaskTranslatorFactory extends TaskTranslatorFactory<String, List<List<MaskFill>>> {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public FillMaskTranslatorFactory() {}

    @Override
    TaskTranslators<String, List<List<MaskFill>>> translators() {
        Function<String, String> text = Function.identity();
        return new TaskTranslators<>(
                new FillMaskTask(),
                List.of(
                        Kind.one(String.class, Classifications.class, text, Forms::only),
                        Kind.many(String[].class, Classifications[].class, text, Forms::only, Classifications[]::new),
                        Kind.one(String.class, MaskFill[][].class, text, Forms::all),
                        Kind.serving(Requests::texts, Forms::all)));
    }

    /** DJL's types. */
    private static final class Forms {

        private Forms() {}

        /** In the order given; DJL would otherwise tell five of them. */
        static Classifications only(List<List<MaskFill>> masks) {
            if (masks.size() != 1) {
                throw new IllegalArgumentException(
                        "expected one mask for Classifications, found " + masks.size() + ": ask for MaskFill[][]");
            }
            List<MaskFill> fills = masks.get(0);
            Classifications classes = new Classifications(
                    fills.stream().map(MaskFill::text).collect(Collectors.toList()),
                    fills.stream().map(one -> (double) one.score()).collect(Collectors.toList()));
            classes.setTopK(fills.size());
            return classes;
        }

        static MaskFill[][] all(List<List<MaskFill>> masks) {
            return masks.stream().map(mask -> mask.toArray(new MaskFill[0])).toArray(MaskFill[][]::new);
        }
    }
}
