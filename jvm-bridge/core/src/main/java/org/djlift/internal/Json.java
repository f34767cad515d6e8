package org.djlift.internal;

import com.google.gson.JsonPrimitive;

/** Parts of JSON that is written by hand, since objects for it would cost more than the model. */
final class Json {

    private Json() {}

    static String quoted(String text) {
        return new JsonPrimitive(text).toString();
    }

    /** A number; JSON has no NaN and no infinity. */
    static String number(float value) {
        return Float.isFinite(value) ? Float.toString(value) : "null";
    }

    /** A number; JSON has no NaN and no infinity. */
    static String number(double value) {
        return Double.isFinite(value) ? Double.toString(value) : "null";
    }
}
