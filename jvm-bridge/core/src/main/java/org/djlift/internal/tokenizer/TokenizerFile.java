package org.djlift.internal.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What decoding needs from tokenizer.json: the words by id, the decoder, the padding, the unknown token. */
public final class TokenizerFile {

    private final String[] tokens;
    private final int[] lengths;
    private final boolean marksSubwords;
    private final TokenDecoder decoder;
    private final Padding padding;
    private final long unknownId;
    private final Map<Integer, String> normalizedAdded;
    private final Map<String, Integer> addedIds;
    private final Set<String> special;

    private TokenizerFile(JsonObject json) {
        JsonObject model = json.getAsJsonObject("model");
        this.tokens = tokens(model, json.get("added_tokens"));
        this.lengths = lengths(tokens);
        this.normalizedAdded = normalizedAdded(json);
        this.addedIds = new HashMap<>();
        this.special = new HashSet<>();
        readAdded(json.get("added_tokens"));
        JsonElement prefix = model.get("continuing_subword_prefix");
        this.marksSubwords =
                prefix != null && !prefix.isJsonNull() && !prefix.getAsString().isEmpty();
        this.decoder = TokenDecoders.of(json.get("decoder"));
        this.padding = Padding.of(json.get("padding"));
        this.unknownId = unknownId(model);
    }

    private TokenizerFile(TokenizerFile other, String[] tokens) {
        this.tokens = tokens;
        this.lengths = lengths(tokens);
        this.marksSubwords = other.marksSubwords;
        this.decoder = other.decoder;
        this.padding = other.padding;
        this.unknownId = other.unknownId;
        this.normalizedAdded = other.normalizedAdded;
        this.addedIds = other.addedIds;
        this.special = other.special;
    }

    public static TokenizerFile read(Path path) throws IOException {
        try (Reader reader = Files.newBufferedReader(path)) {
            return new TokenizerFile(JsonParser.parseReader(reader).getAsJsonObject());
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NullPointerException
                | NumberFormatException
                | UnsupportedOperationException e) {
            throw new IOException(path + ": expected the tokenizer.json of a fast tokenizer, found something else", e);
        }
    }

    /**
     * The same file with added tokens that are normalized in their normalized form: since tokenizers 0.23 that is what
     * their ids stand for.
     */
    public TokenizerFile normalized(Tokenization tokenization) {
        String[] words = tokens.clone();
        normalizedAdded.forEach((id, content) -> words[id] = tokenization.surface(content, id));
        return normalizedAdded.isEmpty() ? this : new TokenizerFile(this, words);
    }

    /** The entry of an id: among the added tokens first, then in the model's vocabulary. */
    public String token(long id) {
        return tokens[known(id)];
    }

    /** One more than the highest id. */
    public int size() {
        return tokens.length;
    }

    /** Ids by token. */
    public Map<String, Integer> vocabulary() {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokens.length; id++) {
            if (tokens[id] != null) {
                ids.put(tokens[id], id);
            }
        }
        ids.putAll(addedIds);
        return ids;
    }

    /** Tokens to text, as the tokenizers library decodes them; ids of no token are passed over. */
    public String decode(long[] ids, boolean skipSpecialTokens) {
        List<String> words = new ArrayList<>(ids.length);
        for (long id : ids) {
            String word = id < 0 || id >= tokens.length ? null : tokens[(int) id];
            if (word != null && !(skipSpecialTokens && special.contains(word))) {
                words.add(word);
            }
        }
        return decoder.decode(words);
    }

    /** The entry of an id; empty where there is none. */
    public String tokenOrNothing(int id) {
        return id < tokens.length && tokens[id] != null ? tokens[id] : "";
    }

    /** Length of {@link #token} in code points. */
    public int tokenLength(long id) {
        return lengths[known(id)];
    }

    private int known(long id) {
        if (id < 0 || id >= tokens.length || tokens[(int) id] == null) {
            throw new IllegalStateException("tokenizer.json: expected a token with the id " + id + ", found none");
        }
        return (int) id;
    }

    /** Whether the model marks tokens that continue a word; the pipeline then trusts the lengths of tokens. */
    public boolean marksSubwords() {
        return marksSubwords;
    }

    public TokenDecoder decoder() {
        return decoder;
    }

    public Padding padding() {
        return padding;
    }

    /** The id of the model's unknown token, -1 if it has none. */
    public long unknownId() {
        return unknownId;
    }

    private static int[] lengths(String[] tokens) {
        int[] lengths = new int[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            lengths[i] = tokens[i] == null ? -1 : tokens[i].codePointCount(0, tokens[i].length());
        }
        return lengths;
    }

    private static Map<Integer, String> normalizedAdded(JsonObject json) {
        Map<Integer, String> found = new TreeMap<>();
        JsonElement normalizer = json.get("normalizer");
        JsonElement added = json.get("added_tokens");
        if (normalizer != null && !normalizer.isJsonNull() && added != null && added.isJsonArray()) {
            for (JsonElement element : added.getAsJsonArray()) {
                JsonObject token = element.getAsJsonObject();
                if (token.has("normalized") && token.get("normalized").getAsBoolean()) {
                    found.put(token.get("id").getAsInt(), token.get("content").getAsString());
                }
            }
        }
        return found;
    }

    private void readAdded(JsonElement added) {
        if (added == null || !added.isJsonArray()) {
            return;
        }
        for (JsonElement element : added.getAsJsonArray()) {
            JsonObject token = element.getAsJsonObject();
            String content = token.get("content").getAsString();
            addedIds.put(content, token.get("id").getAsInt());
            if (token.has("special") && token.get("special").getAsBoolean()) {
                special.add(content);
            }
        }
    }

    private static String[] tokens(JsonObject model, JsonElement added) {
        String[] tokens = new String[1024];
        JsonElement vocabulary = model.get("vocab");
        if (vocabulary.isJsonArray()) {
            JsonArray pieces = vocabulary.getAsJsonArray();
            for (int id = 0; id < pieces.size(); id++) {
                tokens = put(tokens, id, pieces.get(id).getAsJsonArray().get(0).getAsString());
            }
        } else {
            for (Map.Entry<String, JsonElement> entry :
                    vocabulary.getAsJsonObject().entrySet()) {
                tokens = put(tokens, entry.getValue().getAsInt(), entry.getKey());
            }
        }
        if (added != null && added.isJsonArray()) {
            for (JsonElement element : added.getAsJsonArray()) {
                JsonObject token = element.getAsJsonObject();
                tokens = put(
                        tokens, token.get("id").getAsInt(), token.get("content").getAsString());
            }
        }
        return tokens;
    }

    private static String[] put(String[] tokens, int id, String token) {
        String[] large = id < tokens.length ? tokens : Arrays.copyOf(tokens, Math.max(id + 1, tokens.length * 2));
        large[id] = token;
        return large;
    }

    private static long unknownId(JsonObject model) {
        JsonElement id = model.get("unk_id");
        if (id != null && !id.isJsonNull()) {
            return id.getAsLong();
        }
        JsonElement token = model.get("unk_token");
        if (token == null || token.isJsonNull() || !model.get("vocab").isJsonObject()) {
            return -1;
        }
        JsonElement entry = model.getAsJsonObject("vocab").get(token.getAsString());
        return entry == null ? -1 : entry.getAsLong();
    }
}
