package org.djlift.internal.tokenizer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** How tokenizer.json fills rows of a batch: the id, the type and the side. */
public final class Padding {

    private final long id;
    private final long typeId;
    private final boolean left;

    private Padding(long id, long typeId, boolean left) {
        this.id = id;
        this.typeId = typeId;
        this.left = left;
    }

    public static Padding of(JsonElement block) {
        if (block == null || !block.isJsonObject()) {
            return new Padding(0, 0, false);
        }
        JsonObject json = block.getAsJsonObject();
        return new Padding(
                json.has("pad_id") ? json.get("pad_id").getAsLong() : 0,
                json.has("pad_type_id") ? json.get("pad_type_id").getAsLong() : 0,
                json.has("direction") && "Left".equals(json.get("direction").getAsString()));
    }

    public long id() {
        return id;
    }

    public long typeId() {
        return typeId;
    }

    /** Where a row of some tokens starts in a row of the batch. */
    public int start(int tokens, int width) {
        return left ? width - tokens : 0;
    }
}
