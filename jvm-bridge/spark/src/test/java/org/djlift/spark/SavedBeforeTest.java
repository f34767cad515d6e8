package org.djlift.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.Param;
import org.junit.jupiter.api.Test;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** A pipeline of every stage, saved by PySpark before the stages had one base, loads with all that was set. */
class SavedBeforeTest extends WithSpark {

    @Test
    void aPipelineOfEveryStageLoads() throws Exception {
        Path saved = Path.of(getClass().getResource("/saved-0.1.0").toURI());
        Transformer[] stages = PipelineModel.load(saved.toString()).stages();
        assertEquals(8, stages.length);
        for (Transformer stage : stages) {
            JsonObject metadata = metadata(saved, stage.uid());
            assertEquals(stage.getClass().getName(), metadata.get("class").getAsString());
            same(stage, metadata.getAsJsonObject("defaultParamMap"), false);
            same(stage, metadata.getAsJsonObject("paramMap"), true);
        }
    }

    private static void same(Transformer stage, JsonObject params, boolean set) {
        for (Map.Entry<String, JsonElement> one : params.entrySet()) {
            Param<Object> param = stage.getParam(one.getKey());
            assertTrue(set ? stage.isSet(param) : stage.hasDefault(param), one.getKey());
            Object value =
                    set ? stage.getOrDefault(param) : stage.getDefault(param).get();
            assertEquals(one.getValue().toString(), param.jsonEncode(value), one.getKey());
        }
        assertTrue(params.entrySet().size() > 1, params.toString());
    }

    private static JsonObject metadata(Path saved, String uid) throws Exception {
        try (Stream<Path> stages = Files.list(saved.resolve("stages"))) {
            Path own = stages.filter(stage -> stage.toString().endsWith(uid))
                    .findFirst()
                    .orElseThrow();
            return new Gson().fromJson(Files.readString(own.resolve("metadata/part-00000")), JsonObject.class);
        }
    }
}
