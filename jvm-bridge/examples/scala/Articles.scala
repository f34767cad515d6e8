import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.functions._
import org.djlift.spark.TokenClassificationTransformer

/** Articles in, entities out: `Articles ARCHIVE ARTICLES.tsv FOLDER` writes Parquet and shows how many of each label. */
object Articles {

  def main(args: Array[String]): Unit = {
    val Array(archive, articles, folder) = args
    val spark = SparkSession.builder().master("local[*]").appName("articles").config("spark.log.level", "ERROR").getOrCreate()
    import spark.implicits._

    val entities = new TokenClassificationTransformer()
      .setArchive(archive)
      .setInputCol("text")
      .setOutputCol("entities")
      .setOffsets("codepoints") // as Spark's substring counts
      .transform(spark.read.option("sep", "\t").option("header", "true").option("quote", "").csv(articles))
      .select($"title", $"text", explode($"entities").as("entity"))
      .select(
        $"title",
        $"entity.label",
        $"entity.score",
        expr("substring(text, entity.start + 1, entity.end - entity.start)").as("name"))

    entities.write.mode("overwrite").partitionBy("label").parquet(folder)

    spark.read
      .parquet(folder)
      .groupBy("label")
      .agg(count("name").as("entities"), countDistinct("name").as("names"))
      .orderBy("label")
      .show()
    spark.stop()
  }
}
