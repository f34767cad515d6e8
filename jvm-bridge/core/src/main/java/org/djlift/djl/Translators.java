package org.djlift.djl;

import ai.djl.Application;

import org.djlift.internal.tasks.Applications;
import org.djlift.translate.ArchiveTranslatorFactory;
import org.djlift.translate.CrossEncoderTranslatorFactory;
import org.djlift.translate.FillMaskTranslatorFactory;
import org.djlift.translate.QuestionAnsweringTranslatorFactory;
import org.djlift.translate.TextClassificationTranslatorFactory;
import org.djlift.translate.TokenClassificationTranslatorFactory;
import org.djlift.translate.ZeroShotClassificationTranslatorFactory;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/** What DJL has to know of a model before it is loaded. */
final class Translators {

    private static final Map<String, Class<?>> FACTORIES = Map.of(
            "nlp/token_classification", TokenClassificationTranslatorFactory.class,
            "nlp/text_classification", TextClassificationTranslatorFactory.class,
            "nlp/fill_mask", FillMaskTranslatorFactory.class,
            "nlp/question_answer", QuestionAnsweringTranslatorFactory.class,
            "nlp/text_ranking", CrossEncoderTranslatorFactory.class,
            "nlp/zero_shot_classification", ZeroShotClassificationTranslatorFactory.class);

    /** DJL's options; the threads win over what an archive may bring along, and leave the choice to ONNX Runtime. */
    static final Map<String, String> OPTIONS =
            Map.of("modelName", "model", "intraOpNumThreads", "0", "interOpNumThreads", "0");

    private Translators() {}

    /** The factory of an application; where several tasks share it, the archive says which it is. */
    static String factory(String application) {
        return FACTORIES
                .getOrDefault(application, ArchiveTranslatorFactory.class)
                .getName();
    }

    /** The application of a task; DJL looks for models of any where it is not known. */
    static Application application(@Nullable String task) {
        return task == null
                ? Application.UNDEFINED
                : Application.of(Applications.of(task).iterator().next());
    }
}
