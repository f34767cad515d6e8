package org.djlift.translate;

import ai.djl.modality.nlp.qa.QAInput;

import org.djlift.data.Answer;
import org.djlift.data.Question;
import org.djlift.internal.tasks.QuestionTask;

import java.util.List;

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
public class QuestionAnsweringTranslatorFactory extends TaskTranslatorFactory<Question, List<Answer>> {

    private static final long serialVersionUID = 1L;

    /** Makes a factory; DJL does so by the name of the class. */
    public QuestionAnsweringTranslatorFactory() {}

    @Override
    TaskTranslators<Question, List<Answer>> translators() {
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
