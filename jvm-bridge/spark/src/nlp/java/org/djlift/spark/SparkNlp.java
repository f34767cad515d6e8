package org.djlift.spark;

import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.Tokenizer;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForTokenClassification;

import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Texts per second of Spark NLP on a graph and of djlift's stage on the same, in turns, in one Spark. */
final class SparkNlp {

    private SparkNlp() {}

    /**
     * Runs.
     *
     * @param args the archive, the folder for Spark NLP (model.onnx, assets), a file with a text a line, how often the
     *     texts are taken, rounds, threads, Spark NLP's batch size
     */
    public static void main(String[] args) throws Exception {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[3]); i++) {
            texts.addAll(Files.readAllLines(Path.of(args[2])));
        }
        String threads = args[5];
        try (SparkSession spark = SparkSession.builder()
                .master("local[" + threads + "]")
                .config("spark.ui.enabled", "false")
                .config("spark.log.level", "ERROR")
                .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
                .config("spark.kryoserializer.buffer.max", "1g")
                .config("spark.jsl.settings.onnx.intraOpNumThreads", "1")
                .getOrCreate()) {
            Dataset<Row> rows = spark.createDataset(texts, Encoders.STRING())
                    .toDF("text")
                    .repartition(Integer.parseInt(threads))
                    .cache();
            rows.count();
            PipelineModel nlp =
                    pipeline(args[1], Integer.parseInt(args[6]), spark).fit(rows);
            TokenClassificationTransformer stage = new TokenClassificationTransformer().setArchive(args[0]);
            List<Long> theirs = new ArrayList<>();
            List<Long> ours = new ArrayList<>();
            for (int round = -1; round < Integer.parseInt(args[4]); round++) {
                long start = System.nanoTime();
                long labels =
                        nlp.transform(rows).selectExpr("sum(size(ner))").first().getLong(0);
                long between = System.nanoTime();
                long entities = stage.transform(rows)
                        .selectExpr("sum(size(entities))")
                        .first()
                        .getLong(0);
                long end = System.nanoTime();
                if (round < 0) {
                    System.out.println(
                            texts.size() + " texts, " + labels + " labelled words, " + entities + " entities");
                } else {
                    theirs.add(texts.size() * 1_000_000_000L / (between - start));
                    ours.add(texts.size() * 1_000_000_000L / (end - between));
                }
            }
            System.out.printf(
                    "{\"spark_nlp\": %d, \"djlift\": %d, \"ratio\": %.2f, \"spark_nlp_rounds\": %s, \"djlift_rounds\":"
                            + " %s}%n",
                    median(theirs), median(ours), (double) median(ours) / median(theirs), theirs, ours);
        }
    }

    private static Pipeline pipeline(String folder, int batch, SparkSession spark) {
        DocumentAssembler document = new DocumentAssembler();
        document.setInputCol("text");
        document.setOutputCol("document");
        Tokenizer words = new Tokenizer();
        words.setInputCols(new String[] {"document"});
        words.setOutputCol("token");
        BertForTokenClassification ner = BertForTokenClassification.loadSavedModel(folder, spark);
        ner.setInputCols(new String[] {"document", "token"});
        ner.setOutputCol("ner");
        ner.setCaseSensitive(false);
        ner.setMaxSentenceLength(256);
        ner.setBatchSize(batch);
        return new Pipeline().setStages(new PipelineStage[] {document, words, ner});
    }

    private static long median(List<Long> values) {
        long[] sorted = values.stream().mapToLong(v -> v).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
