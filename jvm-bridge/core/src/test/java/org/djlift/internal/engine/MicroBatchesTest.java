package org.djlift.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.Archive;
import org.djlift.data.Entity;
import org.djlift.internal.graph.Batch;
import org.djlift.internal.graph.Graph;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OrtGraph;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.graph.SessionSettings;
import org.djlift.internal.tasks.EntityTask;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.support.Tiny;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Who runs when, on the tiny archive's graph, each of whose runs begins when it is told to. */
@Timeout(60)
class MicroBatchesTest {

    private static final String SHORT = "Ada";
    private static final String OTHER = "London";
    /** Seven windows of 32 tokens. */
    private static final String DOCUMENT = "Ada met Babbage in London. ".repeat(20);

    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private ModelFolder folder;
    private Tokenization tokenization;
    private Held graph;
    private Lanes lanes;
    private Codec<String, List<Entity>> codec;
    private final OpenGate gate = new OpenGate("the model");

    @BeforeEach
    void load() throws IOException {
        load(Tiny.FOLDER);
    }

    private void load(Path files) throws IOException {
        SessionSettings settings = new SessionSettings("cpu", Map.of(), Map.of(SessionSettings.INTRA_OP_THREADS, "1"));
        folder = ModelFolder.read(files, Map.of());
        tokenization = folder.tokenization();
        graph = new Held(new OrtGraph(files, OutputForm.TOKENS, settings));
        codec = new EntityTask()
                .bind(folder, tokenization)
                .codec(Parameters.none().with("stride", BigInteger.valueOf(8)));
    }

    @AfterEach
    void close() {
        lanes.close();
        graph.close();
        tokenization.close();
    }

    @Test
    void whatDoesNotGoWithOneThatWaitsRunsOnTheFreeLane() throws Exception {
        MicroBatches batches = batches(2, 48, MINUTE);
        Caller patient = new Caller(batches, SHORT);
        patient.awaits(Thread.State.TIMED_WAITING);
        // Too long to share a run.
        Caller document = new Caller(batches, DOCUMENT);
        graph.go.release(100);
        document.answer();
        assertEquals(Thread.State.TIMED_WAITING, patient.thread.getState());
        // Goes along, and is waited with.
        Caller other = new Caller(batches, OTHER);
        other.awaits(Thread.State.WAITING);
        gate.close(() -> {});
        patient.answer();
        other.answer();
        assertEquals(2, graph.last().size());
    }

    /** A document alone has both lanes; the first step that ends gives one of them to who waits. */
    @Test
    void theLanesOfADocumentAreGivenToWhoWaits() throws Exception {
        MicroBatches batches = batches(2, 100, MINUTE);
        Caller first = new Caller(batches, DOCUMENT);
        graph.began();
        graph.began();
        Caller second = new Caller(batches, DOCUMENT);
        second.awaits(Thread.State.WAITING);
        graph.go.release(1000);
        first.answer();
        second.answer();
    }

    @Test
    void aDocumentGoesBehindTheOthersAfterEachStep() throws Exception {
        MicroBatches batches = batches(1, 32, 0);
        Caller document = new Caller(batches, DOCUMENT);
        assertEquals(32, graph.began().width());
        Caller other = new Caller(batches, SHORT);
        other.awaits(Thread.State.WAITING);
        graph.go.release(2);
        other.answer();
        assertTrue(document.thread.isAlive());
        graph.go.release(100);
        document.answer();
    }

    @Test
    void aDocumentAloneRunsOnAllLanes() throws Exception {
        MicroBatches batches = batches(3, 32, 0);
        Caller document = new Caller(batches, DOCUMENT);
        for (int lane = 0; lane < 3; lane++) {
            graph.began();
        }
        graph.go.release(100);
        document.answer();
    }

    @Test
    void closingWaitsForARunAndNobodyForTheClosing() throws Exception {
        MicroBatches batches = batches(2, 48, MINUTE);
        Caller patient = new Caller(batches, SHORT);
        patient.awaits(Thread.State.TIMED_WAITING);
        Thread closing = new Thread(() -> gate.close(() -> {}));
        closing.start();
        // The closing ends the wait, and the run is under way.
        graph.began();
        while (closing.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertThrows(IllegalStateException.class, () -> gate.whileOpen(() -> "in"));
        assertTrue(closing.isAlive());
        graph.go.release(1);
        patient.answer();
        closing.join();
    }

    /** A call within a call is let in, though somebody waits to close. */
    @Test
    void aCallThatIsInMayCallAgain() throws Exception {
        lanes = new Lanes(1);
        Thread closing = new Thread(() -> gate.close(() -> {}));
        String found = gate.whileOpen(() -> {
            closing.start();
            while (closing.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            return gate.whileOpen(() -> "in");
        });
        assertEquals("in", found);
        closing.join();
    }

    /** Not the logits of a whole section are kept: its first input is decoded before its last one runs. */
    @Test
    void anInputIsDecodedOnceItHasRun() {
        lanes = new Lanes(1);
        graph.go.release(100);
        Pipeline pipeline = pipeline(1);
        int[] first = {-1};
        Codec<String, List<Entity>> watched = new Watched(codec, () -> {
            if (first[0] < 0) {
                first[0] = graph.begun.size();
            }
        });
        pipeline.answers(pipeline.section(List.of("Ada", "London", "Babbage"), watched));
        assertEquals(1, first[0]);
        assertEquals(3, graph.begun.size());
    }

    /** A vocabulary for each token of a whole batch is more than a JVM has memory for. */
    @Test
    void aRunThatGivesTooManyNumbersIsSplit() {
        lanes = new Lanes(1);
        graph.go.release(100);
        int width = tokenization
                .windows("Ada met Babbage", null, tokenization.limit())
                .get(0)
                .length();
        List<String> texts = List.of("Ada met Babbage", "Babbage met Ada", "Ada met London", "Ada met Ada");
        Watched wide = new Watched(codec, () -> {});
        Pipeline pipeline = pipeline(1000);
        List<List<Entity>> whole = outputs(pipeline, texts, wide);
        assertEquals(List.of(4), sizes());
        graph.begun.clear();
        wide.wide = (64 << 20) / width / 2;
        assertEquals(whole, outputs(pipeline, texts, wide));
        assertEquals(List.of(2, 2), sizes());
        graph.begun.clear();
        // More than the limit for one text alone: it still runs.
        wide.wide = Integer.MAX_VALUE;
        assertEquals(whole, outputs(pipeline, texts, wide));
        assertEquals(List.of(1, 1, 1, 1), sizes());
    }

    private static List<List<Entity>> outputs(Pipeline pipeline, List<String> texts, Watched codec) {
        Section.Answers<List<Entity>> answers = pipeline.answers(pipeline.section(texts, codec));
        return IntStream.range(0, texts.size()).mapToObj(answers::output).collect(Collectors.toList());
    }

    /** What failed alone would only fail again. */
    @Test
    void aRunOfOneRowThatFailsIsNotRepeated(@TempDir Path files) throws IOException {
        graph.close();
        tokenization.close();
        Path poisoned = files.resolve("poisoned");
        try (Archive archive = Archive.open(Tiny.withPoison(files))) {
            copy(archive.directory(), poisoned);
        }
        load(poisoned);
        graph.go.release(100);
        assertEquals(List.of(1), sizes(1, "Oh!"));
        // Two alone, after the run of both.
        assertEquals(List.of(2, 1, 1), sizes(100, "Oh!", "Oh! Oh!"));
        // A run of all; three alone, the shortest among them; no other to ask whether anything runs.
        assertThrows(RuntimeException.class, () -> sizes(100, "Oh!", "Oh! Oh!", "Oh! Oh! Oh!"));
        assertEquals(List.of(3, 1, 1, 1), sizes());
    }

    /** The rows of each run that these texts took. */
    private List<Integer> sizes(int tokens, String... texts) {
        lanes = new Lanes(1);
        graph.begun.clear();
        Pipeline pipeline = new Pipeline(
                tokenization.maxLength(), folder.tokenizer().padding(), graph, tokens, Long.MAX_VALUE, lanes);
        pipeline.answers(pipeline.section(List.of(texts), codec));
        return sizes();
    }

    private List<Integer> sizes() {
        return graph.begun.stream().map(Batch::size).collect(Collectors.toList());
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : all.collect(Collectors.toList())) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private Pipeline pipeline(int tokens) {
        return new Pipeline(
                tokenization.maxLength(), folder.tokenizer().padding(), graph, tokens, Long.MAX_VALUE, lanes);
    }

    private MicroBatches batches(int runs, int tokens, long nanos) {
        lanes = new Lanes(runs);
        Pipeline pipeline = pipeline(tokens);
        return new MicroBatches(pipeline, new MicroBatches.Limits(64, tokens, runs, nanos), gate);
    }

    /** A caller on a thread of its own. */
    private final class Caller {

        private final FutureTask<List<Entity>> task;
        private final Thread thread;

        Caller(MicroBatches batches, String text) {
            task = new FutureTask<>(() -> gate.whileOpen(() -> batches.<String, List<Entity>, List<Entity>>run(
                    text, codec, (at, item, input, found, failure) -> found)));
            thread = new Thread(task);
            thread.start();
        }

        void awaits(Thread.State state) {
            while (thread.getState() != state) {
                Thread.onSpinWait();
            }
        }

        void answer() throws Exception {
            task.get(20, TimeUnit.SECONDS);
        }
    }

    /** A codec that tells when it decodes. */
    private static final class Watched implements Codec<String, List<Entity>> {

        private final Codec<String, List<Entity>> codec;
        private final Runnable decoding;
        private int wide;

        Watched(Codec<String, List<Entity>> codec, Runnable decoding) {
            this.codec = codec;
            this.decoding = decoding;
        }

        @Override
        public List<Encoded> encode(String text) {
            return codec.encode(text);
        }

        @Override
        public OutputForm form() {
            return codec.form();
        }

        @Override
        public int columns() {
            return codec.columns();
        }

        @Override
        public int wide() {
            return wide;
        }

        @Override
        public int[] rows(String text, Encoded window) {
            return wide == 0 ? null : IntStream.range(0, window.length()).toArray();
        }

        @Override
        public List<Entity> decode(String text, List<Encoded> windows, List<Logits> outputs) {
            decoding.run();
            return codec.decode(text, windows, outputs);
        }

        @Override
        public long size(String text) {
            return codec.size(text);
        }

        @Override
        public List<Entity> copy(List<Entity> entities) {
            return codec.copy(entities);
        }
    }

    /** A graph whose runs wait for leave. */
    private static final class Held implements Graph {

        private final Graph graph;
        private final Semaphore go = new Semaphore(0);
        private final BlockingQueue<Batch> begun = new LinkedBlockingQueue<>();
        private volatile Batch last;

        Held(Graph graph) {
            this.graph = graph;
        }

        /** The next run that has begun. */
        Batch began() throws InterruptedException {
            Batch batch = begun.poll(20, TimeUnit.SECONDS);
            assertTrue(batch != null, "no run has begun");
            return batch;
        }

        Batch last() {
            return last;
        }

        @Override
        public List<String> inputs() {
            return graph.inputs();
        }

        @Override
        public List<Logits> run(Batch batch) {
            last = batch;
            begun.add(batch);
            go.acquireUninterruptibly();
            return graph.run(batch);
        }

        @Override
        public void close() {
            graph.close();
        }
    }
}
