package org.djlift.spark;

import org.apache.spark.sql.SparkSession;

/** Classifies the rows of a file on whatever Spark is on the class path; not a test, but run by tests. */
final class Rows {

    private Rows() {}

    /**
     * Runs.
     *
     * @param args the archive, JSON lines with {@code id} and {@code text}, the folder to write to, the strategy
     */
    public static void main(String[] args) throws Exception {
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .getOrCreate()) {
            new TokenClassificationTransformer()
                    .setArchive(args[0])
                    .setAggregationStrategy(args[3])
                    .setOffsets("codepoints")
                    .transform(
                            spark.read().schema(WithSpark.TEXTS).json(args[1]).repartition(3))
                    .coalesce(1)
                    .write()
                    .option("ignoreNullFields", "false")
                    .json(args[2]);
            System.out.println("Spark " + spark.version() + ", Scala " + scala.util.Properties.versionNumberString());
        }
    }
}
