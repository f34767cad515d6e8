package org.djlift.internal.base;

import com.google.gson.JsonPrimitive;

/** Parts of JSON that is written by hand, since objects for it would cost more than the model. */
public final class Json {

    private Json() {}

    public static String quoted(String text) {
        return new JsonPrimitive(text).toString();
    }

    /** A number; JSON has no NaN and no infinity. */
    public static String number(float value) {
        return Float.isFinite(value) ? Float.toString(value) : "null";
    }

    /** A number; JSON has no NaN and no infinity. */
    public static String number(double value) {
        return Double.isFinite(value) ? Double.toString(value) : "null";
    }
}
