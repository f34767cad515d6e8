package org.djlift;

import org.djlift.data.Answer;
import org.djlift.data.Question;
import org.djlift.internal.reader.OpenedArchive;
import org.djlift.internal.tasks.QuestionTask;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * Finds answers in texts: those that Hugging Face's {@code QuestionAnsweringPipeline}, of transformers 4, finds with
 * the model the archive was built from.
 *
 * <pre>{@code
 * try (QuestionAnswerer reader = QuestionAnswerer.load(Path.of("reader-1.0-fp32.zip"))) {
 *     System.out.println(reader.answer("Where do I live?", "My name is Wolfgang and I live in Berlin").get(0).text());
 * }
 * }</pre>
 *
 * <p>A long context is cut into windows that share tokens, each with the whole question. Answers come by falling score,
 * as many as asked for; there may be none. A question or context that is empty, and a question that leaves no room for
 * a context, cannot be answered.
 */
public final class QuestionAnswerer extends TextModel<Question, List<Answer>, AnswerOptions> {

    private static final QuestionTask TASK = new QuestionTask();

    private QuestionAnswerer(ModelBuilder<?, Question, AnswerOptions> builder, OpenedArchive archive)
            throws IOException {
        super(builder, archive, TASK);
    }

    /**
     * Loads a model with the settings of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return the model; close it after use
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     */
    public static QuestionAnswerer load(Path path) throws IOException {
        return builder(path).build();
    }

    /**
     * Loads a model with the settings of its archive, by its path or from a zoo: the one that the system property
     * {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return the model; close it after use
     * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive; its reason says why
     * @throws IOException if the archive cannot be used; the message says what was expected and what was found
     * @throws IllegalArgumentException if the location begins with {@code djlift:} and is malformed, or can be no path
     */
    public static QuestionAnswerer load(String location) throws IOException {
        return builder(location).build();
    }

    /**
     * Starts a model with other settings than those of its archive.
     *
     * @param path a djlift archive, or a folder with the files of one
     * @return a builder
     */
    public static ModelBuilder<QuestionAnswerer, Question, AnswerOptions> builder(Path path) {
        return new ModelBuilder<>(path, TASK, QuestionAnswerer::new);
    }

    /**
     * Starts a model of an archive by its path or from a zoo, as {@link #load(String)} does. The location is looked up
     * when {@link ModelBuilder#build()} is called, which throws what is wrong with it.
     *
     * @param location a path, or {@code djlift://group/name/version?precision=fp16} as {@link
     *     org.djlift.zoo.ZooCoordinates} has it
     * @return a builder
     */
    public static ModelBuilder<QuestionAnswerer, Question, AnswerOptions> builder(String location) {
        return new ModelBuilder<>(location, TASK, QuestionAnswerer::new);
    }

    /**
     * Answers a question.
     *
     * @param question the question
     * @param context the text that may answer it
     * @return answers by falling score, as many as the archive says
     * @throws TextException if it cannot be answered
     * @throws IllegalStateException if the model is closed
     */
    public List<Answer> answer(String question, String context) {
        return answer(question, context, AnswerOptions.defaults());
    }

    /**
     * Answers a question with options of its own.
     *
     * @param question the question
     * @param context the text that may answer it
     * @param options what differs from the builder's options, or else the archive's
     * @return answers by falling score
     * @throws IllegalArgumentException if an option does not fit the model; the message names it
     * @throws TextException if it cannot be answered
     * @throws IllegalStateException if the model is closed
     */
    public List<Answer> answer(String question, String context, AnswerOptions options) {
        return answer(Collections.singletonList(Question.of(question, context)), options)
                .get(0);
    }

    /**
     * Answers questions.
     *
     * @param questions the questions, each with its context
     * @return the answers to each, in the order of the questions
     * @throws NullPointerException if a question is null; the message names its index
     * @throws TextException for the first that cannot be answered
     * @throws IllegalStateException if the model is closed
     */
    public List<List<Answer>> answer(List<Question> questions) {
        return answer(questions, AnswerOptions.defaults());
    }

    /**
     * Answers questions with options of their own.
     *
     * @param questions the questions, each with its context
     * @param options what differs from the builder's options, or else the archive's
     * @return the answers to each, in the order of the questions
     * @throws IllegalArgumentException if an option does not fit the model; the message names it
     * @throws NullPointerException if a question is null; the message names its index
     * @throws TextException for the first that cannot be answered
     * @throws IllegalStateException if the model is closed
     */
    public List<List<Answer>> answer(List<Question> questions, AnswerOptions options) {
        return all(questions, options);
    }

    /**
     * Answers a stream of questions in bounded memory, as {@link TokenClassifier#classify(Iterator)} does.
     *
     * @param questions the questions, each with its context
     * @return the answers to each, in the order of the questions; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a question that cannot be answered and {@link NullPointerException} for null
     */
    public Iterator<List<Answer>> answer(Iterator<Question> questions) {
        return answer(questions, AnswerOptions.defaults());
    }

    /**
     * Answers a stream of questions with options of their own in bounded memory, as {@link
     * TokenClassifier#classify(Iterator)} does.
     *
     * @param questions the questions, each with its context
     * @param options what differs from the builder's options, or else the archive's
     * @return the answers to each, in the order of the questions; not thread-safe. Its {@code next()} throws {@link
     *     TextException} for a question that cannot be answered and {@link NullPointerException} for null
     */
    public Iterator<List<Answer>> answer(Iterator<Question> questions, AnswerOptions options) {
        return strict(questions, Function.<Question>identity(), options);
    }

    /**
     * Answers a stream of items that have questions. A question that is null has no answers, and one that
     * cannot be answered has a failure; the stream goes on.
     *
     * @param items the items
     * @param question gives the question of an item, or null; called once for an item
     * @param <T> the item that has a question
     * @return each item with its answers, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<Answer>>> answer(
            Iterator<? extends T> items, Function<? super T, ? extends @Nullable Question> question) {
        return answer(items, question, AnswerOptions.defaults());
    }

    /**
     * Answers a stream of items that have questions with options of their own. A question that is null has no answers,
     * and one that cannot be answered has a failure; the stream goes on.
     *
     * @param items the items
     * @param question gives the question of an item, or null; called once for an item
     * @param options what differs from the builder's options, or else the archive's
     * @param <T> the item that has a question
     * @return each item with its answers, in the order of the items; not thread-safe
     */
    public <T> Iterator<Outcome<T, List<Answer>>> answer(
            Iterator<? extends T> items,
            Function<? super T, ? extends @Nullable Question> question,
            AnswerOptions options) {
        return lenient(items, question, options);
    }
}
