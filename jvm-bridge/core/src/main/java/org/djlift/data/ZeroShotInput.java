package org.djlift.data;

import org.djlift.internal.base.Template;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A text and the labels to choose from. Each method gives a new one. */
public final class ZeroShotInput {

    private final String text;
    private final List<String> labels;
    private final @Nullable String template;
    private final @Nullable Boolean multiLabel;

    private ZeroShotInput(
            String text, List<String> labels, @Nullable String template, @Nullable Boolean multiLabel) {
        this.text = Objects.requireNonNull(text, "text");
        this.labels = List.copyOf(labels);
        this.template = template;
        this.multiLabel = multiLabel;
    }

    /**
     * Makes an input for the labels of the archive.
     *
     * @param text the text
     * @return the input
     */
    public static ZeroShotInput of(String text) {
        return new ZeroShotInput(text, List.of(), null, null);
    }

    /**
     * Makes an input.
     *
     * @param text the text
     * @param labels the labels, at least one
     * @return the input
     * @throws IllegalArgumentException if there is no label
     */
    public static ZeroShotInput of(String text, List<String> labels) {
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("labels must name at least one");
        }
        return new ZeroShotInput(text, labels, null, null);
    }

    /**
     * Sets the template of this input, whatever the call and the archive say.
     *
     * @param hypothesis a text with {@code {}} where the label goes
     * @return the input with it
     * @throws IllegalArgumentException if no label goes anywhere
     */
    public ZeroShotInput withTemplate(String hypothesis) {
        return new ZeroShotInput(text, labels, Template.checked(hypothesis), multiLabel);
    }

    /**
     * Sets whether any number of labels may be true of this input, whatever the call and the archive say.
     *
     * @param any false: one of them is
     * @return the input with it
     */
    public ZeroShotInput withMultiLabel(boolean any) {
        return new ZeroShotInput(text, labels, template, any);
    }

    /**
     * Returns the text.
     *
     * @return the text
     */
    public String text() {
        return text;
    }

    /**
     * Returns the labels.
     *
     * @return the labels, unmodifiable; empty for those of the archive
     */
    public List<String> labels() {
        return labels;
    }

    /**
     * Returns the template of its own.
     *
     * @return the template; empty for that of the call
     */
    public Optional<String> template() {
        return Optional.ofNullable(template);
    }

    /**
     * Returns whether any number of labels may be true.
     *
     * @return empty for what the call says
     */
    public Optional<Boolean> multiLabel() {
        return Optional.ofNullable(multiLabel);
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof ZeroShotInput)) {
            return false;
        }
        ZeroShotInput that = (ZeroShotInput) other;
        return text.equals(that.text)
                && labels.equals(that.labels)
                && Objects.equals(template, that.template)
                && Objects.equals(multiLabel, that.multiLabel);
    }

    @Override
    public int hashCode() {
        return Objects.hash(text, labels, template, multiLabel);
    }

    @Override
    public String toString() {
        return text + " | " + String.join(" | ", labels);
    }
}
