package org.djlift.translate;

import ai.djl.modality.Input;
import ai.djl.modality.nlp.TextPrompt;
import ai.djl.translate.TranslateException;
import ai.djl.util.StringPair;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;

import org.djlift.data.Question;
import org.djlift.data.TextPair;
import org.djlift.translate.ServingTranslator.Asked;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** What requests of DJL Serving hold. */
final class Requests {

    private static final String TEXT = "text";
    private static final String PAIR = "text_pair";

    /** One input of a task from JSON. */
    interface One<I> {

        I of(JsonElement json) throws TranslateException;
    }

    private Requests() {}

    /** A text, or JSON that is a text, a list of texts, or an object with either as {@code inputs}. */
    static Asked<String> texts(Input input) throws TranslateException {
        TextPrompt prompt;
        try {
            prompt = TextPrompt.parseInput(input);
        } catch (IllegalStateException | UnsupportedOperationException e) {
            throw new TranslateException("expected \"inputs\" to be a text or a list of texts", e);
        }
        return prompt.isBatch()
                ? new Asked<>(prompt.getBatch(), true)
                : new Asked<>(Collections.singletonList(prompt.getText()), false);
    }

    /** A text, or JSON that is one input, a list of them, or an object with either as {@code inputs}. */
    static <I> Asked<I> read(Input input, One<I> one) throws TranslateException {
        JsonElement json = json(input);
        if (json.isJsonObject() && json.getAsJsonObject().has("inputs")) {
            json = json.getAsJsonObject().get("inputs");
        }
        if (!json.isJsonArray()) {
            return new Asked<>(Collections.singletonList(one.of(json)), false);
        }
        List<I> all = new ArrayList<>();
        for (JsonElement element : (JsonArray) json) {
            all.add(one.of(element));
        }
        return new Asked<>(all, true);
    }

    private static JsonElement json(Input input) throws TranslateException {
        String body = input.getData().getAsString();
        String type = input.getProperty("Content-Type", "");
        if (!type.split(";", 2)[0].strip().equals("application/json")) {
            return new JsonPrimitive(body);
        }
        try {
            return JsonParser.parseString(body);
        } catch (JsonParseException e) {
            throw new TranslateException("expected JSON, found something else: " + e.getMessage(), e);
        }
    }

    /** Texts, or objects with {@code text} and perhaps {@code text_pair}. */
    static Asked<TextPair> pairs(Input input) throws TranslateException {
        return read(input, Requests::pair);
    }

    private static TextPair pair(JsonElement json) throws TranslateException {
        if (!json.isJsonObject()) {
            return TextPair.of(text(json, "a text"));
        }
        JsonObject object = json.getAsJsonObject();
        if (!object.has(TEXT) || !Set.of(TEXT, PAIR).containsAll(object.keySet())) {
            throw new TranslateException("expected text and perhaps text_pair, found " + object.keySet());
        }
        JsonElement second = object.get(PAIR);
        boolean alone = second == null || second.isJsonNull();
        return TextPair.of(text(object.get(TEXT), TEXT), alone ? null : text(second, PAIR));
    }

    /** Objects with {@code question} and {@code context}. */
    static Asked<Question> questions(Input input) throws TranslateException {
        return read(input, Requests::question);
    }

    private static Question question(JsonElement json) throws TranslateException {
        Set<String> keys = json.isJsonObject() ? json.getAsJsonObject().keySet() : Set.of();
        if (!keys.equals(Set.of("question", "context"))) {
            throw new TranslateException("expected an object with question and context, found " + keys);
        }
        JsonObject object = json.getAsJsonObject();
        return Question.of(text(object.get("question"), "question"), text(object.get("context"), "context"));
    }

    private static String text(JsonElement json, String what) throws TranslateException {
        if (!json.isJsonPrimitive() || !json.getAsJsonPrimitive().isString()) {
            throw new TranslateException("expected a text for " + what + ", found " + json);
        }
        return json.getAsString();
    }

    /** DJL's pair. */
    static TextPair pair(StringPair pair) {
        return TextPair.of(pair.getKey(), pair.getValue());
    }
}
