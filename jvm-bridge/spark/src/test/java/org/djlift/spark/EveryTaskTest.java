package org.djlift.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;

import org.apache.spark.ml.functions;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.djlift.AnswerOptions;
import org.djlift.CrossEncoder;
import org.djlift.EmbeddingOptions;
import org.djlift.FillOptions;
import org.djlift.MaskFiller;
import org.djlift.QuestionAnswerer;
import org.djlift.RankingOptions;
import org.djlift.SparseEncoder;
import org.djlift.TextEmbedder;
import org.djlift.ZeroShotClassifier;
import org.djlift.ZeroShotOptions;
import org.djlift.data.Answer;
import org.djlift.data.MaskFill;
import org.djlift.data.Question;
import org.djlift.data.ScoreFunction;
import org.djlift.data.TextPair;
import org.djlift.data.TokenWeight;
import org.djlift.data.ZeroShotInput;
import org.djlift.data.ZeroShotResult;
import org.djlift.support.Tiny;
import org.djlift.support.TinyEmbedder;
import org.djlift.support.TinyPairs;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Rows of the stages against the core, in tiny archives of their tasks. */
class EveryTaskTest extends WithSpark {

    private static final float CLOSE = 1e-5f;
    private static final List<String> TEXTS_OF_ALL = List.of("Ada met Babbage in London.", "a", "\ud83d\ude00 Paris");

    private static float[] floats(Row row, String column) {
        List<Float> found = row.getList(row.fieldIndex(column));
        float[] floats = new float[found.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = found.get(i);
        }
        return floats;
    }

    @Test
    void embeddingsAreThoseOfTheCoreAndMakeVectors() throws Exception {
        List<String> texts = new ArrayList<>(TEXTS_OF_ALL);
        texts.add(null);
        TextEmbeddingTransformer stage = new TextEmbeddingTransformer().setArchive(TinyEmbedder.FOLDER.toString());
        try (TextEmbedder core = TextEmbedder.load(TinyEmbedder.FOLDER)) {
            List<Row> rows = collected(stage.transform(rows(texts)));
            List<Row> cut = collected(stage.setTruncateDim(3).transform(rows(texts)));
            for (int i = 0; i < TEXTS_OF_ALL.size(); i++) {
                assertArrayEquals(core.embed(texts.get(i)), floats(rows.get(i), "embedding"), CLOSE);
                assertArrayEquals(
                        core.embed(texts.get(i), EmbeddingOptions.defaults().dimension(3)),
                        floats(cut.get(i), "embedding"),
                        CLOSE);
            }
            assertTrue(rows.get(3).isNullAt(2));
            for (String prompt : core.prompts().keySet()) {
                Row row = stage.setTruncateDim(0)
                        .setPromptName(prompt)
                        .transform(rows("a"))
                        .first();
                assertArrayEquals(core.embed("a", prompt), floats(row, "embedding"), CLOSE);
            }
        }
        Dataset<Row> found = stage.transform(rows("a"));
        Dataset<Row> vectors =
                found.select(functions.array_to_vector(found.col("embedding")).as("features"));
        assertEquals(
                SQLDataTypes.VectorType(), vectors.schema().apply("features").dataType());
        assertEquals(1, vectors.collectAsList().size());
        Dataset<Row> none = stage.setPromptName("no such").transform(rows("a"));
        Exception e = assertThrows(Exception.class, none::collectAsList);
        assertTrue(e.getMessage().contains("prompt_name"), e.getMessage());
    }

    @Test
    void sparseEmbeddingsAreThoseOfTheCore() throws Exception {
        SparseEmbeddingTransformer stage = new SparseEmbeddingTransformer().setArchive(TinyEmbedder.SPARSE.toString());
        try (SparseEncoder core = SparseEncoder.load(TinyEmbedder.SPARSE)) {
            List<Row> rows = collected(stage.transform(rows(TEXTS_OF_ALL)));
            List<Row> top = collected(stage.setTopK(2).transform(rows(TEXTS_OF_ALL)));
            for (int i = 0; i < rows.size(); i++) {
                List<TokenWeight> expected = core.encode(TEXTS_OF_ALL.get(i));
                same(expected, rows.get(i).getList(2));
                same(
                        expected.subList(0, Math.min(2, expected.size())),
                        top.get(i).getList(2));
            }
        }
    }

    private static void same(List<TokenWeight> expected, List<Row> found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            assertEquals(expected.get(i).token(), found.get(i).getString(0));
            assertEquals(expected.get(i).id(), found.get(i).getInt(1));
            assertEquals(expected.get(i).weight(), found.get(i).getFloat(2), CLOSE);
        }
    }

    @Test
    void scoresOfPairsAreThoseOfTheCore() throws Exception {
        StructType schema = TEXTS.add("query", DataTypes.StringType, true);
        List<Row> pairs = new ArrayList<>();
        List<TextPair> expected = new ArrayList<>();
        for (String text : TEXTS_OF_ALL) {
            pairs.add(RowFactory.create(pairs.size(), text, "who?"));
            expected.add(TextPair.of("who?", text));
        }
        pairs.add(RowFactory.create(pairs.size(), null, "who?"));
        pairs.add(RowFactory.create(pairs.size(), "a", null));
        Dataset<Row> rows = spark.createDataFrame(pairs, schema).repartition(2);
        TextRankingTransformer stage = new TextRankingTransformer().setArchive(TinyPairs.RANKING.toString());
        try (CrossEncoder core = CrossEncoder.load(TinyPairs.RANKING)) {
            float[] scores = core.score(expected);
            float[][] logits = core.scores(expected, RankingOptions.defaults().function(ScoreFunction.NONE));
            List<Row> found = collected(stage.transform(rows));
            List<Row> all =
                    collected(stage.setAllScores(true).setFunction("none").transform(rows));
            for (int i = 0; i < scores.length; i++) {
                assertEquals(scores[i], found.get(i).getFloat(3), CLOSE);
                assertArrayEquals(logits[i], floats(all.get(i), "score"), CLOSE);
            }
            assertTrue(found.get(3).isNullAt(3)
                    && found.get(4).isNullAt(3)
                    && all.get(4).isNullAt(3));
        }
    }

    @Test
    void zeroShotLabelsAreThoseOfTheCoreForAllRowsOrEach() throws Exception {
        List<String> labels = List.of("sport", "Politik", "the weather");
        ZeroShotClassificationTransformer stage = zeroShot().setLabels(labels.toArray(new String[0]));
        try (ZeroShotClassifier core = ZeroShotClassifier.load(TinyPairs.ZERO_SHOT)) {
            same(core.classify(TEXTS_OF_ALL, labels), collected(stage.transform(rows(TEXTS_OF_ALL))), 2);
            ZeroShotOptions other = ZeroShotOptions.defaults().multiLabel(true).template("About {}.");
            stage.setMultiLabel(true).setHypothesisTemplate("About {}.");
            same(core.classify(TEXTS_OF_ALL, labels, other), collected(stage.transform(rows(TEXTS_OF_ALL))), 2);
            List<Row> own = List.of(
                    RowFactory.create(0, "a text", new String[] {"one", "two"}),
                    RowFactory.create(1, "a text", new String[] {"three"}),
                    RowFactory.create(2, "a text", null),
                    RowFactory.create(3, null, new String[] {"three"}),
                    RowFactory.create(4, "a text", new String[0]),
                    RowFactory.create(5, "", new String[] {"three"}),
                    RowFactory.create(6, "a text", new String[] {null}));
            StructType schema = TEXTS.add("choice", DataTypes.createArrayType(DataTypes.StringType), true);
            Dataset<Row> rows = spark.createDataFrame(own, schema).coalesce(1);
            stage = zeroShot().setLabelsCol("choice");
            List<Row> found = collected(stage.setErrorCol("why").transform(rows));
            List<ZeroShotInput> inputs = List.of(
                    ZeroShotInput.of("a text", List.of("one", "two")), ZeroShotInput.of("a text", List.of("three")));
            same(core.classifyInputs(inputs), found.subList(0, 2), 3);
            List<String> why = found.stream().map(row -> row.getString(4)).collect(Collectors.toList());
            assertEquals(Arrays.asList(null, null, null, null), why.subList(0, 4));
            assertNull(found.get(2).get(3));
            assertTrue(why.get(4).startsWith("input 4 cannot be run: labels must name at least one"), why.get(4));
            assertTrue(why.get(5).contains("empty text"), why.get(5));
            assertEquals("input 6 cannot be run: labels must not be null", why.get(6));
        }
    }

    private static ZeroShotClassificationTransformer zeroShot() {
        return new ZeroShotClassificationTransformer().setArchive(TinyPairs.ZERO_SHOT.toString());
    }

    private static void same(List<ZeroShotResult> expected, List<Row> rows, int column) {
        assertEquals(expected.size(), rows.size());
        for (int i = 0; i < rows.size(); i++) {
            List<Row> found = rows.get(i).getList(column);
            assertEquals(
                    expected.get(i).labels(),
                    found.stream().map(one -> one.getString(0)).collect(Collectors.toList()));
            for (int j = 0; j < found.size(); j++) {
                assertEquals(expected.get(i).scores()[j], found.get(j).getFloat(1), CLOSE);
            }
        }
    }

    @Test
    void answersAreThoseOfTheCoreInBothUnits() throws Exception {
        StructType schema = TEXTS.add("question", DataTypes.StringType, true);
        List<Row> pairs = new ArrayList<>();
        List<Question> questions = new ArrayList<>();
        for (JsonObject input : Inputs.of(TinyPairs.QUESTIONS)) {
            String asked = input.get("question").getAsString();
            String context = input.get("context").getAsString();
            questions.add(Question.of(asked, context));
            pairs.add(RowFactory.create(pairs.size(), context, asked));
        }
        pairs.add(RowFactory.create(pairs.size(), "a", null));
        pairs.add(RowFactory.create(pairs.size(), null, "a"));
        Dataset<Row> rows = spark.createDataFrame(pairs, schema).repartition(2);
        QuestionAnsweringTransformer stage = new QuestionAnsweringTransformer()
                .setContextCol("text")
                .setTopK(3)
                .setMaxAnswerLength(5)
                .setArchive(TinyPairs.QUESTIONS.toString());
        try (QuestionAnswerer core = QuestionAnswerer.load(TinyPairs.QUESTIONS)) {
            List<List<Answer>> expected =
                    core.answer(questions, AnswerOptions.defaults().topK(3).longestAnswer(5));
            List<Row> units = collected(stage.transform(rows));
            List<Row> points = collected(stage.setOffsets("codepoints").transform(rows));
            boolean differ = false;
            for (int i = 0; i < expected.size(); i++) {
                List<Row> unit = units.get(i).getList(3);
                List<Row> point = points.get(i).getList(3);
                assertEquals(expected.get(i).size(), unit.size());
                for (int j = 0; j < unit.size(); j++) {
                    Answer answer = expected.get(i).get(j);
                    assertEquals(answer.text(), unit.get(j).getString(0));
                    assertEquals(answer.score(), unit.get(j).getDouble(1), CLOSE);
                    assertEquals(List.of(answer.start(), answer.end()), places(unit.get(j)));
                    assertEquals(List.of(answer.codePointStart(), answer.codePointEnd()), places(point.get(j)));
                    differ |= !places(unit.get(j)).equals(places(point.get(j)));
                }
            }
            assertTrue(differ);
            assertTrue(units.get(expected.size()).isNullAt(3)
                    && units.get(expected.size() + 1).isNullAt(3));
        }
    }

    private static List<Integer> places(Row answer) {
        return List.of(answer.getInt(2), answer.getInt(3));
    }

    @Test
    void anEmptyQuestionHasAReason() {
        QuestionAnsweringTransformer stage = new QuestionAnsweringTransformer()
                .setQuestionCol("text")
                .setContextCol("context")
                .setErrorCol("why")
                .setArchive(TinyPairs.QUESTIONS.toString());
        List<Row> found =
                collected(stage.transform(rows("Who?", "").selectExpr("id", "text", "'Ada met Tom' context")));
        assertTrue(found.get(0).isNullAt(4), found.toString());
        assertTrue(found.get(1).getString(4).contains("cannot be run: "), found.toString());
    }

    @Test
    void masksAreThoseOfTheCore() throws Exception {
        List<String> texts = Inputs.of(TinyPairs.MASKS).stream()
                .map(input -> input.get("text").getAsString())
                .collect(Collectors.toCollection(ArrayList::new));
        FillMaskTransformer stage = new FillMaskTransformer().setTopK(3).setArchive(TinyPairs.MASKS.toString());
        try (MaskFiller core = MaskFiller.load(TinyPairs.MASKS)) {
            List<List<List<MaskFill>>> expected =
                    core.fill(texts, FillOptions.defaults().topK(3));
            texts.add("no mask");
            List<Row> rows = collected(stage.setErrorCol("why").transform(rows(texts)));
            for (int i = 0; i < expected.size(); i++) {
                List<List<String>> wanted = new ArrayList<>();
                expected.get(i)
                        .forEach(mask -> mask.forEach(
                                one -> wanted.add(List.of(Long.toString(one.token()), one.text(), one.sequence()))));
                List<List<String>> found = new ArrayList<>();
                List<scala.collection.Seq<Row>> masks = rows.get(i).getList(2);
                assertEquals(expected.get(i).size(), masks.size());
                for (scala.collection.Seq<Row> mask : masks) {
                    for (int j = 0; j < mask.size(); j++) {
                        Row one = mask.apply(j);
                        found.add(List.of(Integer.toString(one.getInt(0)), one.getString(1), one.getString(3)));
                    }
                }
                assertEquals(wanted, found);
            }
            assertTrue(rows.get(expected.size()).getString(3).contains("mask"), rows.toString());
        }
    }

    @Test
    void answersAndMasksHaveTheirTypesAndRefuseWhatMakesNoSense() {
        QuestionAnsweringTransformer ask = new QuestionAnsweringTransformer()
                .setArchive(Tiny.ZIP.toString())
                .setQuestionCol("text")
                .setContextCol("text");
        assertEquals(
                "array<struct<answer:string,score:double,start:int,end:int>>",
                ask.transformSchema(TEXTS).apply("answers").dataType().catalogString());
        FillMaskTransformer fill = new FillMaskTransformer().setArchive(Tiny.ZIP.toString());
        assertEquals(
                "array<array<struct<token:int,token_str:string,score:float,sequence:string>>>",
                fill.transformSchema(TEXTS).apply("masks").dataType().catalogString());
        refused("questionCol: expected the column 'q'", ask.setQuestionCol("q"));
        ask.setQuestionCol("text");
        refused("offsets: expected utf16 or codepoints, found bytes", ask.setOffsets("bytes"));
        ask.setOffsets("utf16");
        refused("topK: expected 1 or more, found 0", ask.setTopK(0));
        refused("targets: expected at least one, found none", fill.setTargets());
        Exception e = assertThrows(Exception.class, () -> new FillMaskTransformer()
                .setArchive(Tiny.ZIP.toString())
                .transform(rows("a"))
                .collectAsList());
        assertTrue(e.getMessage().contains("fill-mask"), e.getMessage());
    }

    private static void refused(String why, TaskTransformer<?> stage) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> stage.transform(rows("a")));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }
}
