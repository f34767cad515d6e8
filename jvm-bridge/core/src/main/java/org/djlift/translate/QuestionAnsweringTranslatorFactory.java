package org.djlift.translate;

import ai.djl.Model;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.qa.QAInput;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;

import org.djlift.Answer;
import org.djlift.Question;
import org.djlift.internal.QuestionTask;
import org.slf4j.LoggerFactory;

import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes translators that give a model of a djlift archive the answers of Hugging Face's {@code
 * QuestionAnsweringPipeline}, of transformers 4.
 *
 * <p>Supported are {@code QAInput} to {@code String}, the best answer, empty where there is none; {@code QAInput} to
 * {@code Answer[]}; {@code QAInput[]} to {@code String[]}; and {@code Input} to {@code Output}: JSON that is an object
 * with {@code question} and {@code context}, a list of such, or an object with either as {@code inputs}.
 *
 * <p>Arguments of {@code Criteria}, which win over the archive's parameters: {@code top_k}, {@code doc_stride}, {@code
 * max_seq_len}, {@code max_answer_len}, {@code handle_impossible_answer}, {@code align_to_words}, or {@code parameters}
 * with several of them as a JSON object.
 */
public class QuestionAnsweringTranslatorFactory implements TranslatorFactory, Serializable {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public QuestionAnsweringTranslatorFactory() {}

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
                        LoggerFactory.getLogger(QuestionAnsweringTranslatorFactory.class));
    }

    private static TaskTranslators<Question, List<Answer>> translators() {
        return new TaskTranslators<>(
                new QuestionTask(),
                List.of(
                        Kind.one(QAInput.class, String.class, Forms::question, Forms::best),
                        Kind.one(QAInput.class, Answer[].class, Forms::question, Forms::all),
                        Kind.many(QAInput[].class, String[].class, Forms::question, Forms::best, String[]::new),
                        Kind.serving(Requests::questions, Forms::all)));
    }

    /** DJL's types. */
    private static final class Forms {

        private Forms() {}

        static Question question(QAInput input) {
            return Question.of(input.getQuestion(), input.getParagraph());
        }

        static String best(List<Answer> answers) {
            return answers.isEmpty() ? "" : answers.get(0).text();
        }

        static Answer[] all(List<Answer> answers) {
            return answers.toArray(new Answer[0]);
        }
    }
}
