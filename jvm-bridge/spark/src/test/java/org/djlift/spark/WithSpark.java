package org.djlift.spark;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Tests that share a Spark of two cores in this JVM. */
abstract class WithSpark {

    static final StructType TEXTS =
            new StructType().add("id", DataTypes.IntegerType, false).add("text", DataTypes.StringType, true);

    @TempDir
    static Path room;

    static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = SparkSession.builder()
                .master("local[2]")
                .appName("djlift")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.sql.warehouse.dir", room.resolve("warehouse").toString())
                .config("spark.metrics.conf.*.sink.jmx.class", "org.apache.spark.metrics.sink.JmxSink")
                .config("spark.plugins", DjliftPlugin.class.getName())
                .getOrCreate();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    /** Rows with a number and a text, in two partitions. */
    static Dataset<Row> rows(List<String> texts) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            rows.add(RowFactory.create(i, texts.get(i)));
        }
        return spark.createDataFrame(rows, TEXTS).repartition(2).sortWithinPartitions("id");
    }

    static Dataset<Row> rows(String... texts) {
        return rows(Arrays.asList(texts));
    }

    /** Rows in the order of their numbers. */
    static List<Row> collected(Dataset<Row> rows) {
        return rows.orderBy("id").collectAsList();
    }
}
