package org.djlift.spark;

import com.google.gson.Gson;
import com.google.gson.JsonObject;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The recorded inputs of a tiny archive, read with what Spark 3.5 has of Gson too. */
final class Inputs {

    private Inputs() {}

    static List<JsonObject> of(Path folder) throws IOException {
        Gson gson = new Gson();
        return Files.readAllLines(folder.resolve("golden/cases.jsonl")).stream()
                .map(line -> gson.fromJson(line, JsonObject.class).getAsJsonObject("input"))
                .collect(Collectors.toList());
    }
}
