package org.djlift.internal.base;

import com.google.gson.GsonBuilder;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A JSON object that a caller wrote: the parameters of a call, or an input. Every read checks the kind. */
public final class Parameters implements Serializable {

    private static final long serialVersionUID = 1L;

    private final Map<String, Object> values;

    private Parameters(Map<String, Object> values) {
        this.values = values;
    }

    public static Parameters none() {
        return new Parameters(Map.of());
    }

    /**
     * Reads an object.
     *
     * @param json strict JSON; null or blank for no parameters
     * @throws IllegalArgumentException if it is something else
     */
    @SuppressWarnings("unchecked")
    public static Parameters parse(String json) {
        if (json == null || json.isBlank()) {
            return none();
        }
        Object value = StrictJson.parse(json);
        if (!(value instanceof Map)) {
            throw new IllegalArgumentException("JSON that is no object");
        }
        return new Parameters((Map<String, Object>) value);
    }

    /** A value that was written without quotes: JSON where it is some, else a text. */
    public static Object value(String text) {
        try {
            return StrictJson.parse(text);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** These parameters, and the others where these say nothing. */
    public Parameters over(Parameters defaults) {
        Map<String, Object> merged = new TreeMap<>(defaults.values);
        merged.putAll(values);
        return new Parameters(merged);
    }

    /** These parameters with another value: null, a text, a flag, a list of texts, BigInteger or Double. */
    public Parameters with(String key, Object value) {
        Map<String, Object> more = new TreeMap<>(values);
        more.put(key, value);
        return new Parameters(more);
    }

    /** Refuses keys that a task does not know: a misspelt one must not be passed over. */
    public Parameters only(Set<String> known) {
        for (String key : values.keySet()) {
            if (!known.contains(key)) {
                throw new IllegalArgumentException(
                        "expected none but " + new TreeSet<>(known) + ", found '" + Printable.text(key) + "'");
            }
        }
        return this;
    }

    public Set<String> names() {
        return values.keySet();
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    /** Whether a key is stated as null. */
    public boolean isNull(String key) {
        return values.containsKey(key) && values.get(key) == null;
    }

    /** A text that must be there. */
    public String text(String key) {
        return (String) checked(key, values.get(key) instanceof String, "a text");
    }

    /** A text; the other where it is absent or null. */
    public String text(String key, String otherwise) {
        return values.get(key) == null ? otherwise : text(key);
    }

    /** A whole number; the other where it is absent or null. */
    public int number(String key, int otherwise) {
        Object value = values.get(key);
        if (value == null) {
            return otherwise;
        }
        boolean fits = value instanceof BigInteger && ((BigInteger) value).bitLength() < Integer.SIZE;
        return ((BigInteger) checked(key, fits, "a whole number")).intValue();
    }

    /** A number; the other where it is absent or null. */
    public double real(String key, double otherwise) {
        Object value = values.get(key);
        return value == null ? otherwise : ((Number) checked(key, value instanceof Number, "a number")).doubleValue();
    }

    /** A flag; the other where it is absent or null. */
    public boolean flag(String key, boolean otherwise) {
        Object value = values.get(key);
        return value == null ? otherwise : (Boolean) checked(key, value instanceof Boolean, "true or false");
    }

    /** A list of texts that must be there. */
    public List<String> texts(String key) {
        Object value = values.get(key);
        List<String> texts = new ArrayList<>();
        for (Object one : value instanceof List ? (List<?>) value : Collections.singletonList(null)) {
            checked(key, one instanceof String, "a list of texts");
            texts.add((String) one);
        }
        return texts;
    }

    private Object checked(String key, boolean good, String expected) {
        if (!good) {
            String found = values.containsKey(key) ? Printable.text(String.valueOf(values.get(key))) : "none";
            throw new IllegalArgumentException("expected " + expected + " for '" + key + "', found " + found);
        }
        return values.get(key);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Parameters && values.equals(((Parameters) other).values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    /** These parameters as a JSON object on one line: equal parameters give the same, and no others do. */
    @Override
    public String toString() {
        return new GsonBuilder().serializeNulls().disableHtmlEscaping().create().toJson(values);
    }
}
