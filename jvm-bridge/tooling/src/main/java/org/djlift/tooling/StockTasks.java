package org.djlift.tooling;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.djl.translate.TranslatorFactory;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.graph.Graphs;
import org.djlift.internal.tasks.ClassificationTask;
import org.djlift.internal.tasks.EmbeddingTask;
import org.djlift.internal.tasks.FillMaskTask;
import org.djlift.internal.tasks.QuestionTask;
import org.djlift.internal.tasks.RankingTask;
import org.djlift.internal.tasks.ZeroShotTask;
import org.djlift.internal.tokenizer.Native;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Internal: what plain DJL gives from an archive of any task but token classification, which has {@link StockDoor}. */
public final class StockTasks {

    /**
     * How plain DJL is asked in a task. Has no state.
     *
     * @param <I> what its translator takes
     * @param <O> what it gives
     */
    interface Side<I, O> {

        TranslatorFactory factory();

        Class<I> input();

        Class<O> output();

        /** @throws IllegalArgumentException if plain DJL cannot be asked such a thing */
        I read(Parameters json);

        /** The same where DJL has settings with each input, not with the translator. */
        default I read(Parameters json, Parameters arguments) {
            return read(json);
        }

        /** In the form of the task's outputs, as far as DJL says so much. */
        String json(O output);
    }

    /** A line a task. */
    private static final Map<String, Side<?, ?>> SIDES = Map.of(
            new ClassificationTask().name(), new StockClassification(),
            new EmbeddingTask().name(), new StockEmbedding(),
            new FillMaskTask().name(), new StockFillMask(),
            new QuestionTask().name(), new StockQuestions(),
            new RankingTask().name(), new StockRanking(),
            new ZeroShotTask().name(), new StockZeroShot());

    private StockTasks() {}

    /**
     * Runs inputs as a user of plain DJL would, one call an input.
     *
     * @param folder an unpacked archive
     * @param task as manifest.task says it
     * @param arguments a JSON object: of the translator factory, beside those of serving.properties
     * @param inputs JSON objects
     * @return a JSON line for each input: an output, or {@code error} with what was thrown
     */
    public static String[] run(Path folder, String task, String arguments, String[] inputs)
            throws IOException, ModelNotFoundException, MalformedModelException {
        Side<?, ?> side = SIDES.get(task);
        if (side == null) {
            throw new IllegalArgumentException("expected one of " + SIDES.keySet() + ", found '" + task + "'");
        }
        return run(side, folder, Parameters.parse(arguments), inputs);
    }

    /**
     * Plain DJL's side of {@code djlift bench}.
     *
     * @param device as DJL names it
     * @param threads within an operator of ONNX Runtime; 0 lets it choose
     * @param inputs JSON objects: all inputs that will be run
     */
    public static BenchSide bench(
            Path folder, String task, String arguments, String device, int threads, String[] inputs)
            throws IOException, ModelNotFoundException, MalformedModelException {
        Side<?, ?> side = SIDES.get(task);
        if (side == null) {
            throw new IllegalArgumentException("plain DJL has no translator for " + task);
        }
        return bench(side, folder, Parameters.parse(arguments), device, threads, inputs);
    }

    private static <I, O> BenchSide bench(
            Side<I, O> side, Path folder, Parameters arguments, String device, int threads, String[] inputs)
            throws IOException, ModelNotFoundException, MalformedModelException {
        List<I> given = new ArrayList<>(inputs.length);
        for (String input : inputs) {
            given.add(side.read(Parameters.parse(input), arguments));
        }
        return new StockTaskBench<>(criteria(side, folder, arguments), device, threads, given, side::json);
    }

    private static <I, O> Criteria.Builder<I, O> criteria(Side<I, O> side, Path folder, Parameters arguments) {
        Native.load();
        Criteria.Builder<I, O> criteria = Criteria.builder()
                .setTypes(side.input(), side.output())
                .optModelPath(folder)
                .optEngine(Graphs.ENGINE)
                .optTranslatorFactory(side.factory());
        for (String name : arguments.names()) {
            criteria.optArgument(name, arguments.text(name));
        }
        return criteria;
    }

    private static <I, O> String[] run(Side<I, O> side, Path folder, Parameters arguments, String[] inputs)
            throws IOException, ModelNotFoundException, MalformedModelException {
        Criteria.Builder<I, O> criteria = criteria(side, folder, arguments).optDevice(Device.cpu());
        String[] lines = new String[inputs.length];
        try (ZooModel<I, O> model = criteria.build().loadModel();
                Predictor<I, O> predictor = model.newPredictor()) {
            for (int i = 0; i < lines.length; i++) {
                lines[i] = line(side, predictor, inputs[i], arguments);
            }
        }
        return lines;
    }

    private static <I, O> String line(Side<I, O> side, Predictor<I, O> predictor, String input, Parameters arguments) {
        try {
            return side.json(predictor.predict(side.read(Parameters.parse(input), arguments)));
        } catch (TranslateException | RuntimeException e) {
            return StockDoor.line(e);
        }
    }
}
