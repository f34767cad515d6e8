package org.djlift.internal.base;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text with a place for another, as Python's {@code str.format} fills it in: {@code {}} once, or {@code {0}} any
 * number of times; {@code {{} and {@code }}} are braces.
 */
public final class Template {

    /** The parameter that sets one. */
    public static final String PARAMETER = "hypothesis_template";

    /** That of transformers' pipeline. */
    public static final String DEFAULT = "This example is {}.";

    private static final Pattern PART = Pattern.compile("\\{\\{|}}|\\{0?}|[^{}]+");

    private final String text;
    /** Between each two of them stands what is filled in. */
    private final List<String> between = new ArrayList<>();

    /** @throws IllegalArgumentException if it has no place, or one of another kind */
    public Template(String text) {
        this.text = text;
        StringBuilder run = new StringBuilder();
        Matcher matcher = PART.matcher(text);
        int end = 0;
        String field = null;
        while (end < text.length() && matcher.find() && matcher.start() == end) {
            String part = matcher.group();
            end = matcher.end();
            if (part.equals("{}") || part.equals("{0}")) {
                if (field != null && (!field.equals(part) || part.equals("{}"))) {
                    throw refused();
                }
                field = part;
                between.add(run.toString());
                run.setLength(0);
            } else {
                run.append(part.equals("{{") ? "{" : part.equals("}}") ? "}" : part);
            }
        }
        if (end < text.length() || field == null) {
            throw refused();
        }
        between.add(run.toString());
    }

    /**
     * Returns a text that is a template.
     *
     * @throws IllegalArgumentException if it has no place for a label, or one of another kind
     */
    public static String checked(String text) {
        return new Template(Objects.requireNonNull(text, "template")).toString();
    }

    private IllegalArgumentException refused() {
        return new IllegalArgumentException(
                "expected a text with {} where the label goes for '" + PARAMETER + "', found " + Printable.text(text));
    }

    public String with(String value) {
        return String.join(value, between);
    }

    @Override
    public String toString() {
        return text;
    }
}
