package org.djlift.data;

import java.util.Objects;

/** A question, and the text that its answer is looked for in. */
public final class Question {

    private final String question;
    private final String context;

    private Question(String question, String context) {
        this.question = Objects.requireNonNull(question, "question");
        this.context = Objects.requireNonNull(context, "context");
    }

    /**
     * Makes a question.
     *
     * @param question the question
     * @param context the text that may answer it
     * @return both
     */
    public static Question of(String question, String context) {
        return new Question(question, context);
    }

    /**
     * Returns the question.
     *
     * @return the question
     */
    public String question() {
        return question;
    }

    /**
     * Returns the text that may answer it.
     *
     * @return the context
     */
    public String context() {
        return context;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Question
                && question.equals(((Question) other).question)
                && context.equals(((Question) other).context);
    }

    @Override
    public int hashCode() {
        return Objects.hash(question, context);
    }

    @Override
    public String toString() {
        return question + " | " + context;
    }
}
