package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;
import org.djlift.internal.base.Printable;
import org.djlift.internal.base.StrictJson;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * serving.properties with known keys, each once, whose values name no class, library or path.
 *
 * <p>DJL makes an instance of whatever class {@code translatorFactory} names, loads {@code option.customOpLibrary},
 * opens {@code option.modelName} as a path, and fetches what {@code tokenizer} names.
 */
final class ServingProperties {

    private static final int VALUE_LIMIT = 65536;
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]{0,64}");
    private static final Pattern FLAG = Pattern.compile("true|false");
    private static final Pattern COUNT = Pattern.compile("-?[0-9]{1,9}");
    private static final Pattern THREADS = Pattern.compile("[0-9]{1,4}");
    private static final Pattern JSON = Pattern.compile("\\{[ -~]{0,65534}\\}");
    private static final Pattern ANY = Pattern.compile("(?s).*");
    /** Escapes as java.util.Properties reads them, but no line that goes on in the next. */
    private static final Pattern LINE = Pattern.compile("([A-Za-z0-9_.]+)=((?:[ -\\[\\]-~]|\\\\[ -~])*+)");

    private static final Map<String, Pattern> FORMS = forms();

    private ServingProperties() {}

    private static Map<String, Pattern> forms() {
        Map<String, Pattern> forms = new HashMap<>();
        forms.put("engine", Pattern.compile("OnnxRuntime"));
        forms.put("application", Pattern.compile("[a-z0-9_]{1,40}(/[a-z0-9_]{1,40})?"));
        forms.put("translatorFactory", Pattern.compile("org\\.djlift\\.translate\\.[A-Za-z]{1,80}"));
        forms.put("option.modelName", Pattern.compile("model"));
        forms.put("option.intraOpNumThreads", THREADS);
        forms.put("option.interOpNumThreads", THREADS);
        List.of("option.optLevel", "option.executionMode", "truncation", "padding", "aggregation_strategy")
                .forEach(key -> forms.put(key, WORD));
        forms.put("ignoreLabels", ANY);
        List.of("maxLength", "modelMaxLength", "stride", "padToMultipleOf").forEach(key -> forms.put(key, COUNT));
        List.of("unkTokenId", "clsTokenId", "maskTokenId", "padTokenId").forEach(key -> forms.put(key, COUNT));
        List.of(
                        "option.memoryPatternOptimization",
                        "option.cpuArenaAllocator",
                        "option.disablePerSessionThreads",
                        "addSpecialTokens",
                        "withOverflowingTokens",
                        "doLowerCase",
                        "stripAccents",
                        "addPrefixSpace",
                        "includeTokenTypes",
                        "int32",
                        "softmax")
                .forEach(key -> forms.put(key, FLAG));
        forms.put("parameters", JSON);
        forms.put("truncationSide", WORD);
        List.of("questionFirst", "cleanUpTokenizationSpaces").forEach(key -> forms.put(key, FLAG));
        // Read by DJL's own translator of embeddings.
        List.of("pooling", "denseActivation").forEach(key -> forms.put(key, WORD));
        forms.put("normalize", FLAG);
        List.of("entailmentId", "positions").forEach(key -> forms.put(key, COUNT));
        return Map.copyOf(forms);
    }

    static void check(byte[] properties, String where) throws ArchiveException {
        Set<String> seen = new HashSet<>();
        for (String line : new String(properties, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            if (line.isEmpty() || line.charAt(0) == '#' || line.charAt(0) == '!') {
                require(line.indexOf('\r') < 0, where, "lines that end with \\n", "a carriage return");
                continue;
            }
            Matcher matcher = LINE.matcher(line);
            require(matcher.matches(), where, "lines of key=value in ASCII", line);
            String key = matcher.group(1);
            Pattern form = FORMS.get(key);
            boolean known = form != null && seen.add(key);
            require(known, where, "each key once, and none but those of docs/archive.md", key);
            String value = unescaped(matcher.group(2), where);
            boolean good = value.length() <= VALUE_LIMIT && form.matcher(value).matches();
            require(good, where, "a value that " + key + " can have", value);
            if (key.equals("parameters")) {
                object(value, where);
            }
        }
    }

    private static void object(String json, String where) throws ArchiveException {
        Object value;
        try {
            value = StrictJson.parse(json.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new ArchiveException(Refusal.SETTINGS, where, "parameters as a JSON object", e.getMessage(), e);
        }
        require(value instanceof Map, where, "parameters as a JSON object", json);
    }

    private static String unescaped(String value, String where) throws ArchiveException {
        StringBuilder plain = new StringBuilder();
        int at = 0;
        while (at < value.length() && value.charAt(at) == ' ') {
            at++;
        }
        for (; at < value.length(); at++) {
            char c = value.charAt(at);
            if (c == '\\') {
                c = value.charAt(++at);
                if (c == 'u') {
                    String digits = value.substring(at + 1, Math.min(value.length(), at + 5));
                    require(digits.matches("[0-9a-fA-F]{4}"), where, "escapes of four digits", value);
                    c = (char) Integer.parseInt(digits, 16);
                    at += 4;
                }
            }
            plain.append(c);
        }
        return plain.toString();
    }

    private static void require(boolean good, String where, String expected, String found) throws ArchiveException {
        if (!good) {
            throw new ArchiveException(Refusal.SETTINGS, where, expected, "'" + Printable.text(found) + "'");
        }
    }
}
