package org.djlift;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.base.Template;
import org.djlift.internal.tasks.ZeroShotTask;

import java.util.List;

/**
 * Options of a call of a {@link ZeroShotClassifier}. What the options of a call do not set is as
 * {@link ModelBuilder#options} set it, and else as the archive says. Immutable: each method returns new options.
 */
public final class ZeroShotOptions extends TaskOptions {

    private static final long serialVersionUID = 1L;

    private ZeroShotOptions(Parameters parameters) {
        super(parameters);
    }

    /**
     * Returns options that set nothing. A call with them does what {@link ModelBuilder#options} set, and else what the
     * archive says.
     *
     * @return the empty options
     */
    public static ZeroShotOptions defaults() {
        return new ZeroShotOptions(Parameters.none());
    }

    /**
     * Sets the sentence that is made of a label.
     *
     * @param hypothesis a text with {@code {}} where the label goes, such as {@code "This text is about {}."}
     * @return the options with it
     * @throws IllegalArgumentException if no label goes anywhere
     */
    public ZeroShotOptions template(String hypothesis) {
        String checked = Template.checked(hypothesis);
        return new ZeroShotOptions(parameters.with(Template.PARAMETER, checked));
    }

    /**
     * Sets whether any number of labels may be true: each score is then from 0 to 1 by itself.
     *
     * @param any false: one of them is, and the scores add up to 1
     * @return the options with it
     */
    public ZeroShotOptions multiLabel(boolean any) {
        return new ZeroShotOptions(parameters.with(ZeroShotTask.MULTI_LABEL, any));
    }

    /**
     * Sets the labels of inputs that name none.
     *
     * @param labels the labels
     * @return the options with them
     * @throws IllegalArgumentException if there are none
     */
    public ZeroShotOptions labels(List<String> labels) {
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("expected at least one label, found none");
        }
        return new ZeroShotOptions(parameters.with(ZeroShotTask.LABELS, List.copyOf(labels)));
    }
}
