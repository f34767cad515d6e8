package org.djlift.zoo;

import org.djlift.internal.base.Printable;
import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the surroundings say about zoos. Each setting is a system property, or the environment variable of the same name
 * in capitals, with underscores for dots.
 */
final class ZooSettings {

    static final String ZOO = "djlift.zoo";
    static final String MODELS = "djlift.zoo.models";
    static final String TOKEN = "djlift.zoo.token";
    static final String HEADER = "djlift.zoo.header";
    static final String TIMEOUT = "djlift.zoo.timeout";
    static final String CACHE = "djlift.cache";

    private static final Pattern LINE = Pattern.compile("([A-Za-z0-9-]+):[ \\t]*([\\x20-\\x7E]*)");
    private static final int SECONDS = 30;

    private ZooSettings() {}

    /** A setting, or null where it is absent or blank. */
    static @Nullable String get(String key) {
        String value = System.getProperty(key);
        if (value == null || value.isBlank()) {
            value = System.getenv(variable(key));
        }
        return value == null || value.isBlank() ? null : value.strip();
    }

    /** How a message names a setting. */
    static String named(String key) {
        return "the system property " + key + " or the environment variable " + variable(key);
    }

    /** The header that is sent to the zoo, as its name and its value; null for none. */
    static String @Nullable [] header() throws ZooException {
        String token = get(TOKEN);
        String line = token == null ? get(HEADER) : "Authorization: Bearer " + token;
        if (line == null) {
            return null;
        }
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            // Not what it is: it may be a secret.
            throw refused(token == null ? HEADER : TOKEN, "a header such as 'Name: value'", "another form");
        }
        return new String[] {matcher.group(1), matcher.group(2)};
    }

    /** How long a server may say nothing, in milliseconds. */
    static int timeout() throws ZooException {
        String seconds = get(TIMEOUT);
        if (seconds == null) {
            return SECONDS * 1000;
        }
        if (!seconds.matches("[1-9][0-9]{0,4}")) {
            throw refused(TIMEOUT, "seconds, at least 1", Printable.text(seconds));
        }
        return Integer.parseInt(seconds) * 1000;
    }

    /** The folder of downloads: where djlift's Python half has its own. It may not exist yet. */
    static Path cache() throws ZooException {
        String named = get(CACHE);
        String home = System.getProperty("user.home", "");
        try {
            if (named != null) {
                boolean below = named.equals("~") || named.startsWith("~/") || named.startsWith("~\\");
                return Path.of(below ? home + named.substring(1) : named).toAbsolutePath();
            }
            String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
            if (system.startsWith("windows")) {
                String local = System.getenv("LOCALAPPDATA");
                Path base = local == null ? Path.of(home, "AppData", "Local") : Path.of(local);
                return base.resolve("djlift").resolve("Cache").toAbsolutePath();
            }
            if (system.startsWith("mac")) {
                return Path.of(home, "Library", "Caches", "djlift").toAbsolutePath();
            }
            String caches = System.getenv("XDG_CACHE_HOME");
            boolean given = caches != null && !caches.isBlank();
            return (given ? Path.of(caches) : Path.of(home, ".cache"))
                    .resolve("djlift")
                    .toAbsolutePath();
        } catch (InvalidPathException e) {
            throw refused(CACHE, "a folder", Printable.text(Objects.toString(e.getInput())));
        }
    }

    /** The address of a zoo, with a slash at its end; null if it is a folder. */
    static @Nullable URI address(String base) throws ZooException {
        String scheme = base.matches("(?s)[A-Za-z][A-Za-z0-9+.-]+:.*") ? base.substring(0, base.indexOf(':')) : "";
        switch (scheme.toLowerCase(Locale.ROOT)) {
            case "":
            case "file":
                return null;
            case "http":
            case "https":
                break;
            default:
                throw refused(ZOO, "a folder, or an address that starts with file:, http:// or https://", scheme + ":");
        }
        URI uri;
        try {
            uri = URI.create(base.endsWith("/") ? base : base + "/");
        } catch (IllegalArgumentException e) {
            throw refused(ZOO, "an address", Printable.text(base));
        }
        if (uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw refused(ZOO, "a host and a path, and nothing behind them", Printable.text(base));
        }
        if (uri.getRawUserInfo() != null) {
            throw refused(ZOO, "no password in the address (there is " + named(HEADER) + ")", "one");
        }
        return uri;
    }

    private static String variable(String key) {
        return key.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    static ZooException refused(String key, String expected, String found) {
        return new ZooException(ZooException.Reason.REFUSED, key, expected, found, "set " + named(key));
    }
}
