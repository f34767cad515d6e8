package org.djlift.zoo;

import org.djlift.internal.base.Names;
import org.djlift.internal.base.Printable;
import org.djlift.internal.tasks.Applications;
import org.jspecify.annotations.Nullable;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The coordinates of a model in a zoo: {@code djlift://group/name/version?precision=fp16}.
 *
 * <p>The version is one, such as {@code 1.0.0}, a range in Maven's notation, such as {@code [1.0,2.0)}, or absent for
 * the newest. The precision may be absent: then fp32 is taken where there is one. {@code &task=text-embedding} tells
 * two models of one group and name apart.
 */
public final class ZooCoordinates {

    /** The scheme of coordinates. */
    public static final String SCHEME = "djlift";

    private static final String START = SCHEME + "://";
    private static final String PRECISION = "precision";
    private static final String TASK = "task";

    private final String group;
    private final String name;
    final @Nullable String version;
    final @Nullable String precision;
    final @Nullable String task;
    private final ZooRange range;

    private ZooCoordinates(
            String group, String name, @Nullable String version, @Nullable String precision, @Nullable String task) {
        if (!Names.isGroup(group)) {
            throw wrong("a group such as org.example", group);
        }
        if (!Names.isName(name)) {
            throw wrong("a name such as ner-minilm", name);
        }
        if (precision != null && !Names.isName(precision)) {
            throw wrong("a precision such as fp16", precision);
        }
        if (task != null && !Applications.tasks().contains(task)) {
            throw wrong("a task, one of " + String.join(", ", Applications.tasks()), task);
        }
        this.group = group;
        this.name = name;
        this.version = version;
        this.precision = precision;
        this.task = task;
        this.range = new ZooRange(version);
    }

    /**
     * Makes coordinates of a model: the newest version, of no precision in particular.
     *
     * @param group the group, such as {@code org.example}
     * @param name the name of the model
     * @return the coordinates
     * @throws IllegalArgumentException if a part cannot be what it should be
     */
    public static ZooCoordinates of(String group, String name) {
        return new ZooCoordinates(
                Objects.requireNonNull(group, "group"), Objects.requireNonNull(name, "name"), null, null, null);
    }

    /**
     * Reads coordinates. Parts may be percent-encoded, as they must be within a URI: {@code [1.0,2.0)} is then {@code
     * %5B1.0%2C2.0)}.
     *
     * @param text {@code djlift://group/name}, {@code djlift://group/name/version}, each with {@code ?precision=...},
     *     {@code ?task=...} or {@code ?precision=...&task=...} if need be
     * @return the coordinates
     * @throws IllegalArgumentException if the text is something else; the message says what was expected
     */
    public static ZooCoordinates parse(String text) {
        if (!isCoordinates(text)) {
            throw wrong("djlift://group/name/version?precision=fp16", text);
        }
        String rest = text.substring(START.length());
        Map<String, String> named = new HashMap<>();
        int query = rest.indexOf('?');
        if (query >= 0) {
            String asked = rest.substring(query + 1);
            for (String part : asked.split("&", -1)) {
                int equals = part.indexOf('=');
                String key = equals < 0 ? part : part.substring(0, equals);
                boolean known = equals >= 0 && (key.equals(PRECISION) || key.equals(TASK));
                if (!known || named.put(key, decoded(part.substring(equals + 1))) != null) {
                    throw wrong("precision=..., task=... and nothing else behind the question mark", asked);
                }
            }
            rest = rest.substring(0, query);
        }
        String[] parts = rest.split("/", -1);
        if (parts.length < 2 || parts.length > 3) {
            throw wrong("djlift://group/name or djlift://group/name/version", text);
        }
        String version = parts.length == 3 && !parts[2].isEmpty() ? decoded(parts[2]) : null;
        return new ZooCoordinates(decoded(parts[0]), decoded(parts[1]), version, named.get(PRECISION), named.get(TASK));
    }

    /**
     * Returns whether a text means coordinates rather than a path.
     *
     * @param text the text
     * @return whether it begins with {@code djlift:}
     */
    public static boolean isCoordinates(String text) {
        return text.startsWith(START);
    }

    /**
     * Makes coordinates of another version.
     *
     * @param version a version, a range such as {@code [1.0,2.0)}, or null for the newest
     * @return the coordinates
     * @throws IllegalArgumentException if it is none of them
     */
    public ZooCoordinates withVersion(@Nullable String version) {
        return new ZooCoordinates(group, name, version, precision, task);
    }

    /**
     * Makes coordinates of another precision.
     *
     * @param precision the precision, or null if any will do
     * @return the coordinates
     * @throws IllegalArgumentException if there cannot be such a precision
     */
    public ZooCoordinates withPrecision(@Nullable String precision) {
        return new ZooCoordinates(group, name, version, precision, task);
    }

    /**
     * Returns the group.
     *
     * @return the group
     */
    public String group() {
        return group;
    }

    /**
     * Returns the name of the model.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * Returns the version or the range of versions that is asked for.
     *
     * @return a version or a range; empty for the newest
     */
    public Optional<String> version() {
        return Optional.ofNullable(version);
    }

    /**
     * Returns the precision.
     *
     * @return the precision; empty if any will do
     */
    public Optional<String> precision() {
        return Optional.ofNullable(precision);
    }

    /**
     * Makes coordinates of a model of one task.
     *
     * @param task the task, such as {@code text-embedding}, or null if any will do
     * @return the coordinates
     * @throws IllegalArgumentException if there is no such task
     */
    public ZooCoordinates withTask(@Nullable String task) {
        return new ZooCoordinates(group, name, version, precision, task);
    }

    /**
     * Returns the task.
     *
     * @return the task; empty if any will do
     */
    public Optional<String> task() {
        return Optional.ofNullable(task);
    }

    ZooRange range() {
        return range;
    }

    /** The folder of the model within an application of a zoo, with a slash at its end. */
    String folder(String application) {
        return Zoo.TOP + application + "/" + group.replace('.', '/') + "/" + name + "/";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ZooCoordinates && toString().equals(other.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /**
     * Returns the coordinates as a URI, which {@code Criteria.optModelUrls} takes.
     *
     * @return the coordinates, percent-encoded
     */
    @Override
    public String toString() {
        String encoded = version == null
                ? ""
                : "/" + URLEncoder.encode(version, StandardCharsets.UTF_8).replace("+", "%20");
        String query = (precision == null ? "" : "&" + PRECISION + "=" + precision)
                + (task == null ? "" : "&" + TASK + "=" + task);
        return START + group + "/" + name + encoded + query.replaceFirst("&", "?");
    }

    private static String decoded(String part) {
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw wrong("percent-encoding", part);
        }
    }

    private static IllegalArgumentException wrong(String expected, String found) {
        return new IllegalArgumentException("expected " + expected + ", found '" + Printable.text(found) + "'");
    }
}
