package org.djlift.measure;

import org.djlift.EntityOptions;
import org.djlift.MicroBatcher;
import org.djlift.ModelBuilder;
import org.djlift.TokenClassifier;
import org.djlift.data.Calibration;
import org.djlift.data.Entity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Mixed texts from eight threads at half of what the machine can take: each request has its own answer, resident memory
 * stays where it is, and the slowest requests are not much slower than the others.
 *
 * <p>A request is due at a moment, whether or not the one before it has been answered, and its time counts from then.
 */
public final class MixedLoad {

    private static final int THREADS = 8;
    private static final double LOAD = 0.5;
    private static final Path STATUS = Path.of("/proc/self/status");

    private final Door door;
    private final List<Request> requests;

    private MixedLoad(Door door, List<Request> requests) {
        this.door = door;
        this.requests = requests;
    }

    /**
     * Runs the load and prints the verdict; exits 1 where memory grows or the slowest are too slow.
     *
     * @param args an archive, seconds of load, texts of a request, and a calibration or {@code -}; then, if wanted, a
     *     file for resident memory over time
     */
    public static void main(String[] args) throws Exception {
        double seconds = Double.parseDouble(args[1]);
        int texts = Integer.parseInt(args[2]);
        ModelBuilder<TokenClassifier, String, EntityOptions> builder = TokenClassifier.builder(Path.of(args[0]));
        if (!args[3].equals("-")) {
            builder.calibration(Calibration.read(Path.of(args[3])));
        }
        try (TokenClassifier classifier = builder.build()) {
            MicroBatcher<String, List<Entity>, EntityOptions> latency = classifier.latency();
            Door door = texts == 1 ? request -> List.of(latency.run(request.get(0))) : classifier::classify;
            LoadReport report = new MixedLoad(door, requests(classifier, texts)).run(seconds);
            System.out.print(report);
            if (args.length > 4) {
                Files.writeString(Path.of(args[4]), report.memory());
            }
            System.exit(report.isFlat() && report.isEven() ? 0 : 1);
        }
    }

    private LoadReport run(double seconds) throws Exception {
        // As long as it takes to compile what is called often, and for the pools to fill.
        double warm = Math.max(5, Math.min(60, seconds / 6));
        closed(warm);
        double capacity = closed(warm);
        LoadReport report = new LoadReport(capacity, LOAD);
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        double apart = THREADS * 1e9 / (capacity * LOAD);
        List<Future<LoadReport.Times>> threads = onThreads(thread -> open(thread, start, end, apart));
        while (System.nanoTime() < end) {
            report.resident((System.nanoTime() - start) / 1e9, resident());
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(Math.max(100, (long) seconds)));
        }
        for (Future<LoadReport.Times> thread : threads) {
            report.add(thread.get());
        }
        return report;
    }

    /** One request after the other on each thread: requests per second. */
    private double closed(double seconds) throws Exception {
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        long done = 0;
        for (Future<LoadReport.Times> thread : onThreads(n -> open(n, start, end, 0))) {
            done += thread.get().count();
        }
        return done * 1e9 / (System.nanoTime() - start);
    }

    /** Requests so far apart, half of that more or less; 0: as fast as they are answered. */
    private LoadReport.Times open(int thread, long start, long end, double apart) {
        Random random = new Random(thread);
        LoadReport.Times times = new LoadReport.Times();
        double due = start + apart * thread / THREADS;
        while (due < end && System.nanoTime() < end) {
            for (long left = (long) due - System.nanoTime(); left > 0; left = (long) due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            long from = apart == 0 ? System.nanoTime() : (long) due;
            Request request = requests.get(random.nextInt(requests.size()));
            request.check(door.classify(request.texts));
            times.add(request.kind, System.nanoTime() - from);
            due += apart * (0.5 + random.nextDouble());
        }
        return times;
    }

    private static List<Future<LoadReport.Times>> onThreads(Sender sender) {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        List<Future<LoadReport.Times>> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            threads.add(pool.submit(() -> sender.send(thread)));
        }
        pool.shutdown();
        return threads;
    }

    /** Resident memory of this process, bytes. */
    private static long resident() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException(STATUS + " has no VmRSS");
    }

    /** Requests of so many texts with the answers that they must have; those of one text are of one kind. */
    static List<Request> requests(TokenClassifier classifier, int texts) {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            List<String> some = new ArrayList<>();
            for (int j = 0; j < texts; j++) {
                some.add(Kind.values()[(i + j) % Kind.values().length].text(i * texts + j));
            }
            String kind = texts == 1 ? Kind.values()[i % Kind.values().length].toString() : "mixed";
            requests.add(new Request(kind.toLowerCase(Locale.ROOT), some, classifier.classify(some)));
        }
        return requests;
    }

    /** What texts there are. */
    enum Kind {
        SHORT,
        LONG,
        EMPTY,
        UNICODE;

        private static final String[] EMPTIES = {"", " ", ".", "\n", "a", "7"};

        String text(int number) {
            switch (this) {
                case SHORT:
                    return "Ada Lovelace met Charles Babbage number " + number + " in London on Friday.";
                case LONG:
                    return "Reuters said that Angela Merkel left Berlin for Paris on the train. ".repeat(8) + number;
                case EMPTY:
                    return EMPTIES[number % EMPTIES.length];
                default:
                    return "\ud83d\ude80 \u5b89\u5009 " + number + " \u0645\u062d\u0645\u062f Z\u00fcrich"
                            + " e\u0301cole \ud83d\udc69\u200d\ud83d\ude80 \ud800 Maria";
            }
        }
    }

    /** Texts that are classified in one call, and their answers. */
    static final class Request {

        private final String kind;
        private final List<String> texts;
        private final List<List<Entity>> expected;

        Request(String kind, List<String> texts, List<List<Entity>> expected) {
            this.kind = kind;
            this.texts = texts;
            this.expected = expected;
        }

        /** Fails where an answer is another text's: the labels and places tell, scores differ in their last digits. */
        void check(List<List<Entity>> found) {
            if (!places(expected).equals(places(found))) {
                throw new IllegalStateException("expected " + expected + " for " + texts + ", found " + found);
            }
        }

        private static List<String> places(List<List<Entity>> all) {
            List<String> places = new ArrayList<>();
            for (List<Entity> entities : all) {
                StringBuilder line = new StringBuilder();
                entities.forEach(e -> line.append(e.label())
                        .append(e.start())
                        .append('-')
                        .append(e.end())
                        .append(' '));
                places.add(line.toString());
            }
            return places;
        }
    }

    private interface Door {
        List<List<Entity>> classify(List<String> texts);
    }

    private interface Sender {
        LoadReport.Times send(int thread);
    }
}
