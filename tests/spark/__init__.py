"""Programs on a real Spark: the soak, faults, throughput, class paths. Each writes a part of docs/spark.md."""
