"""Articles in, entities out: ``articles.py ARCHIVE ARTICLES.tsv FOLDER`` writes Parquet, shows labels."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from djlift import spark as djlift_spark


def main(archive: str, articles: str, folder: str) -> None:
    spark = (
        SparkSession.builder.master("local[*]")
        .appName("articles")
        .config("spark.jars", djlift_spark.jars())
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    stage = djlift_spark.TokenClassificationTransformer(
        archive=archive, inputCol="text", outputCol="entities"
    )
    entities = (
        stage.transform(spark.read.csv(articles, sep="\t", header=True, quote=""))
        .select("title", "text", f.explode("entities").alias("entity"))
        .select(
            "title",
            "entity.label",
            "entity.score",
            f.expr("substring(text, entity.start + 1, entity.end - entity.start)").alias("name"),
        )
    )
    entities.write.mode("overwrite").partitionBy("label").parquet(folder)

    (
        spark.read.parquet(folder)
        .groupBy("label")
        .agg(f.count("name").alias("entities"), f.countDistinct("name").alias("names"))
        .orderBy("label")
        .show()
    )
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
