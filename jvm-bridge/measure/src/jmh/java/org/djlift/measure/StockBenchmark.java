package org.djlift.measure;

import ai.djl.MalformedModelException;
import ai.djl.huggingface.translator.TokenClassificationTranslatorFactory;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;

import org.djlift.support.NearFree;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The same as {@link ClassifierBenchmark} through DJL's own translator. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class StockBenchmark {

    private static final int TEXTS = 32;

    private final List<String> shortTexts = NearFree.texts(TEXTS, false);
    private final List<String> longTexts = NearFree.texts(TEXTS, true);
    private ZooModel<String, NamedEntity[]> model;
    private Predictor<String, NamedEntity[]> predictor;

    /** Loads the model. */
    @Setup
    public void load() throws IOException, ModelNotFoundException, MalformedModelException {
        model = Criteria.builder()
                .setTypes(String.class, NamedEntity[].class)
                .optModelPath(NearFree.folder())
                .optEngine("OnnxRuntime")
                .optOption("intraOpNumThreads", "1")
                .optTranslatorFactory(new TokenClassificationTranslatorFactory())
                .build()
                .loadModel();
        predictor = model.newPredictor();
    }

    /** Frees it. */
    @TearDown
    public void close() {
        predictor.close();
        model.close();
    }

    /** One text of 20 tokens. */
    @Benchmark
    public Object oneShort() throws TranslateException {
        return predictor.predict(shortTexts.get(0));
    }

    /** One text of 256 tokens. */
    @Benchmark
    public Object oneLong() throws TranslateException {
        return predictor.predict(longTexts.get(0));
    }

    /** Texts of 20 tokens, 32 of them. */
    @Benchmark
    @OperationsPerInvocation(TEXTS)
    public Object manyShort() throws TranslateException {
        return predictor.batchPredict(shortTexts);
    }

    /** Texts of 256 tokens, 32 of them. */
    @Benchmark
    @OperationsPerInvocation(TEXTS)
    public Object manyLong() throws TranslateException {
        return predictor.batchPredict(longTexts);
    }
}
