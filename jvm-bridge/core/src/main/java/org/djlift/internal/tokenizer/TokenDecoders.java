package org.djlift.internal.tokenizer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The decoders of the tokenizers library, read from tokenizer.json. */
final class TokenDecoders {

    private TokenDecoders() {}

    /** The decoder of a {@code decoder} block; without one, tokens are joined by spaces. */
    static TokenDecoder of(JsonElement block) {
        if (block == null || block.isJsonNull()) {
            return tokens -> Collections.singletonList(String.join(" ", tokens));
        }
        JsonObject json = block.getAsJsonObject();
        String type = json.get("type").getAsString();
        switch (type) {
            case "WordPiece":
                return wordPiece(text(json, "prefix", "##"), flag(json, "cleanup", true));
            case "ByteLevel":
                return ByteDecoders::byteLevel;
            case "Metaspace":
                return metaspace(json);
            case "BPEDecoder":
                return bpe(text(json, "suffix", "</w>"));
            case "ByteFallback":
                return ByteDecoders::byteFallback;
            case "Fuse":
                return tokens -> Collections.singletonList(String.join("", tokens));
            case "Strip":
                return strip(json);
            case "Replace":
                return replace(json);
            case "CTC":
                return ctc(
                        text(json, "pad_token", "<pad>"),
                        text(json, "word_delimiter_token", "|"),
                        flag(json, "cleanup", true));
            case "Sequence":
                return sequence(json);
            default:
                throw new IllegalStateException("tokenizer.json: the decoder '" + type + "' is unknown");
        }
    }

    private static TokenDecoder sequence(JsonObject json) {
        List<TokenDecoder> all = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray("decoders")) {
            all.add(of(element));
        }
        return tokens -> {
            List<String> pieces = tokens;
            for (TokenDecoder decoder : all) {
                pieces = decoder.chain(pieces);
            }
            return pieces;
        };
    }

    private static TokenDecoder wordPiece(String prefix, boolean cleanup) {
        return tokens -> {
            List<String> pieces = new ArrayList<>(tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                String token = tokens.get(i);
                if (i > 0) {
                    token = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
                }
                pieces.add(cleanup ? cleanUp(token) : token);
            }
            return pieces;
        };
    }

    private static String cleanUp(String text) {
        return text.replace(" .", ".")
                .replace(" ?", "?")
                .replace(" !", "!")
                .replace(" ,", ",")
                .replace(" ' ", "'")
                .replace(" n't", "n't")
                .replace(" 'm", "'m")
                .replace(" do not", " don't")
                .replace(" 's", "'s")
                .replace(" 've", "'ve")
                .replace(" 're", "'re");
    }

    private static TokenDecoder metaspace(JsonObject json) {
        String replacement = text(json, "replacement", "\u2581");
        boolean prepends = !"never".equals(text(json, "prepend_scheme", "always"));
        return tokens -> {
            List<String> pieces = new ArrayList<>(tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                pieces.add(tokens.get(i).replace(replacement, i == 0 && prepends ? "" : " "));
            }
            return pieces;
        };
    }

    private static TokenDecoder bpe(String suffix) {
        return tokens -> {
            List<String> pieces = new ArrayList<>(tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                pieces.add(replaceAll(tokens.get(i), suffix, i == tokens.size() - 1 ? "" : " "));
            }
            return pieces;
        };
    }

    private static TokenDecoder strip(JsonObject json) {
        int content = json.get("content").getAsString().codePointAt(0);
        int start = json.get("start").getAsInt();
        int stop = json.get("stop").getAsInt();
        return each(token -> {
            int[] points = token.codePoints().toArray();
            int from = 0;
            while (from < Math.min(start, points.length) && points[from] == content) {
                from++;
            }
            int to = points.length;
            for (int i = 0; i < stop; i++) {
                int last = points.length - i - 1;
                if (last < 0) {
                    throw new IllegalStateException(
                            "the Strip decoder cannot take " + stop + " characters from '" + token + "'");
                }
                if (points[last] != content) {
                    break;
                }
                to = last;
            }
            return new String(points, from, to - from);
        });
    }

    private static TokenDecoder replace(JsonObject json) {
        JsonObject pattern = json.getAsJsonObject("pattern");
        String content = json.get("content").getAsString();
        if (pattern.has("String")) {
            String literal = pattern.get("String").getAsString();
            return each(token -> token.isEmpty() ? token : replaceAll(token, literal, content));
        }
        // Oniguruma's Ruby syntax: ^ and $ are lines', only \n ends one, classes are Unicode's.
        Pattern regex = Pattern.compile(
                pattern.get("Regex").getAsString(),
                Pattern.MULTILINE | Pattern.UNIX_LINES | Pattern.UNICODE_CHARACTER_CLASS);
        return each(token -> replaceAll(token, regex, content));
    }

    private static String replaceAll(String token, Pattern regex, String content) {
        Matcher matcher = regex.matcher(token);
        StringBuilder replaced = new StringBuilder();
        int last = 0;
        boolean matched = false;
        while (!token.isEmpty() && matcher.find()) {
            // As the crate's iterator: no empty match right after a match, and none within a character.
            boolean empty = matcher.start() == matcher.end();
            if (empty && (matched && matcher.end() == last || isWithinCharacter(token, matcher.start()))) {
                continue;
            }
            replaced.append(token, last, matcher.start()).append(content);
            last = matcher.end();
            matched = true;
        }
        return replaced.append(token, last, token.length()).toString();
    }

    private static boolean isWithinCharacter(String text, int at) {
        return at > 0
                && at < text.length()
                && Character.isLowSurrogate(text.charAt(at))
                && Character.isHighSurrogate(text.charAt(at - 1));
    }

    private static TokenDecoder ctc(String padding, String delimiter, boolean cleanup) {
        return tokens -> {
            List<String> pieces = new ArrayList<>(tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                if (i > 0 && tokens.get(i).equals(tokens.get(i - 1))) {
                    continue;
                }
                String piece = replaceAll(tokens.get(i), padding, "");
                if (cleanup) {
                    piece = replaceAll(cleanUp(piece), delimiter, " ");
                }
                if (!piece.isEmpty()) {
                    pieces.add(piece);
                }
            }
            return pieces;
        };
    }

    /** Rust's replace: an empty pattern matches between code points, where Java's matches between UTF-16 units. */
    private static String replaceAll(String text, String pattern, String content) {
        if (!pattern.isEmpty()) {
            return text.replace(pattern, content);
        }
        StringBuilder replaced = new StringBuilder(content);
        text.codePoints().forEach(c -> replaced.appendCodePoint(c).append(content));
        return replaced.toString();
    }

    private static TokenDecoder each(UnaryOperator<String> change) {
        return tokens -> {
            List<String> pieces = new ArrayList<>(tokens.size());
            for (String token : tokens) {
                pieces.add(change.apply(token));
            }
            return pieces;
        };
    }

    private static String text(JsonObject json, String key, String absent) {
        return json.has(key) ? json.get(key).getAsString() : absent;
    }

    private static boolean flag(JsonObject json, String key, boolean absent) {
        return json.has(key) ? json.get(key).getAsBoolean() : absent;
    }
}
