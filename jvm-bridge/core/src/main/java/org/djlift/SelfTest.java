package org.djlift;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

import org.djlift.internal.Safetensors;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a self-test compared: the golden texts of an archive, as this JVM classifies them, against what fp32 PyTorch
 * gave.
 *
 * <p>At every precision, tokens and the entities decoded from the golden logits must be equal. The rest depends:
 *
 * <ul>
 *   <li>fp32: logits differ by at most 1e-4; entities are equal.
 *   <li>fp16: logits differ by at most 1 % of their range, and 0.1 % in the root mean square; one output in a hundred
 *       may differ, as a near-tie.
 *   <li>int8: logits differ by at most twice what the build measured and wrote into the manifest, largest difference
 *       and root mean square; without such a record any number will do. Entities are reported: what int8 costs was gated
 *       by accuracy when the archive was built.
 * </ul>
 */
public final class SelfTest {

    private static final double FP32_SCORE = 1e-4;
    private static final double REDUCED_SCORE = 1e-2;
    private static final double NEAR_TIES = 0.01;
    private static final int BATCH = 8;

    private final TokenClassifier classifier;
    private final String precision;
    private final Map<String, float[]> golden;
    private final LogitBounds bounds;
    private final List<JsonObject> cases = new ArrayList<>();
    private final Level tokens = new Level("tokens");
    private final Level logits = new Level("logits");
    private final Level decoding = new Level("decoding");
    private final Level entities = new Level("entities");
    private double largest;
    private double squares;
    private long logitCount;

    private SelfTest(TokenClassifier classifier) throws IOException {
        this.classifier = classifier;
        this.precision = classifier.manifest().precision();
        Path folder = classifier.directory().resolve("golden");
        this.golden = Safetensors.read(folder.resolve("logits.safetensors"));
        this.bounds = LogitBounds.of(classifier.manifest(), golden);
        Path file = folder.resolve("cases.jsonl");
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                cases.add(JsonParser.parseString(line).getAsJsonObject());
            }
        } catch (JsonParseException | IllegalStateException e) {
            throw new ArchiveException(
                    file.toString(), "a JSON object on each line", String.valueOf(e.getMessage()), e);
        }
    }

    static SelfTest run(TokenClassifier classifier) throws IOException {
        SelfTest test = new SelfTest(classifier);
        try {
            test.compareWindows();
            test.compareAllLogits();
            test.compareOutputs();
        } catch (IllegalStateException | ClassCastException | NullPointerException | UnsupportedOperationException e) {
            String folder = classifier.directory().resolve("golden").toString();
            throw new ArchiveException(folder, "golden cases as docs/archive.md describes them", e.toString(), e);
        }
        return test;
    }

    static SelfTest run(TextModel<?, ?> model) throws IOException {
        throw new IOException("not yet: " + model);
    }

    /**
     * Returns how many texts were classified.
     *
     * @return the number of golden texts
     */
    public int texts() {
        return cases.size();
    }

    /**
     * Returns what was compared: tokens, logits, decoding (entities from the golden logits) and entities.
     *
     * @return the levels in their order
     */
    public List<Level> levels() {
        return List.of(tokens, logits, decoding, entities);
    }

    /**
     * Returns whether the archive works on this JVM as it did in PyTorch.
     *
     * @return whether every level passed
     */
    public boolean passed() {
        return levels().stream().allMatch(Level::passed);
    }

    /**
     * Describes the first divergence of the first level that has one.
     *
     * @return text, place and both sides; empty if there is none
     */
    public String firstDivergence() {
        return levels().stream().filter(l -> !l.passed()).findFirst().map(l -> l.first).orElse("");
    }

    @Override
    public String toString() {
        String verdict = passed() ? "passed" : "failed, first at " + firstDivergence();
        return "self-test of " + texts() + " texts " + verdict + " " + levels();
    }

    private void compareWindows() {
        for (String stride : strides()) {
            List<JsonObject> recorded = with("windows", stride);
            // As the build's proof ran them: what shares a batch is not without influence on int8.
            recorded.sort(Comparator.comparingInt(SelfTest::tokens));
            List<String> texts = texts(recorded);
            List<Trace> traces = classifier.trace(texts, stride(stride), BATCH, 0);
            for (int i = 0; i < recorded.size(); i++) {
                JsonArray expected = recorded.get(i).getAsJsonObject("windows").getAsJsonArray(stride);
                String id = recorded.get(i).get("id").getAsString();
                String where = id + " (" + stride + ")";
                List<Window> found = traces.get(i).windows();
                if (tokens.compare(where + ", windows", expected.size(), found.size())) {
                    for (int w = 0; w < found.size(); w++) {
                        compareTokens(where + ", window " + w, expected.get(w).getAsJsonObject(), found.get(w));
                        compareLogits(id + "/" + stride + "/" + w, found.get(w).logits());
                    }
                }
            }
        }
    }

    private static int tokens(JsonObject recorded) {
        JsonArray plain = recorded.getAsJsonObject("windows").getAsJsonArray("plain");
        return plain.get(0).getAsJsonObject().getAsJsonArray("ids").size();
    }

    private void compareTokens(String where, JsonObject expected, Window found) {
        tokens.compare(where + ", ids", longs(expected.get("ids")), Arrays.toString(found.ids()));
        tokens.compare(where + ", special", longs(expected.get("special")), Arrays.toString(found.specialTokensMask()));
        if (expected.has("type_ids")) {
            tokens.compare(where + ", types", longs(expected.get("type_ids")), Arrays.toString(found.typeIds()));
        }
        StringBuilder offsets = new StringBuilder();
        for (int i = 0; i < found.starts().length; i++) {
            offsets.append(i == 0 ? "[" : ",[");
            offsets.append(found.starts()[i]).append(',').append(found.ends()[i]).append(']');
        }
        tokens.compare(where + ", offsets", expected.get("offsets").toString(), "[" + offsets + "]");
    }

    private void compareLogits(String tensor, float[] found) {
        float[] expected = golden.get(tensor);
        if (expected == null || expected.length != found.length) {
            String missing = expected == null ? "a tensor" : expected.length + " values";
            logits.diverge(tensor, missing, found.length + " values");
            return;
        }
        logits.compared++;
        int worst = -1;
        double most = 0;
        for (int i = 0; i < found.length; i++) {
            double difference = Math.abs((double) found[i] - expected[i]);
            squares += difference * difference;
            // Written so that the first NaN is the worst, and diverges.
            if (!Double.isNaN(most) && !(difference <= most)) {
                most = difference;
                worst = i;
            }
        }
        logitCount += found.length;
        largest = Math.max(largest, most);
        if (!(most <= bounds.largest)) {
            logits.diverge(tensor + ", value " + worst, expected[worst] + " +- " + bounds.largest, found[worst]);
        }
    }

    private void compareAllLogits() {
        double rms = logitCount == 0 ? 0 : Math.sqrt(squares / logitCount);
        logits.figures = bounds.describe(largest, rms);
        if (logits.divergences == 0 && !(rms <= bounds.rms)) {
            logits.diverge("all logits, root mean square of the differences", "at most " + bounds.rms, rms);
        }
    }

    private void compareOutputs() {
        boolean exact = precision.equals("fp32");
        for (String stride : strides()) {
            for (AggregationStrategy strategy : AggregationStrategy.values()) {
                if (strategy == AggregationStrategy.NONE && stride(stride) >= 0) {
                    continue;
                }
                List<JsonObject> recorded = new ArrayList<>(cases);
                recorded.removeIf(c -> expected(c, stride, strategy) == null);
                List<String> texts = texts(recorded);
                List<List<Entity>> own = classifier.classify(texts, strategy, stride(stride));
                for (int i = 0; i < recorded.size(); i++) {
                    String where = recorded.get(i).get("id").getAsString() + " (" + stride + ", " + strategy + ")";
                    JsonArray expected = expected(recorded.get(i), stride, strategy);
                    float[] logits = goldenLogits(recorded.get(i), stride);
                    List<Entity> decoded =
                            classifier.decode(texts.subList(i, i + 1), strategy, stride(stride), logits).get(0);
                    compareEntities(decoding, where, expected, decoded, FP32_SCORE);
                    compareEntities(entities, where, expected, own.get(i), exact ? FP32_SCORE : REDUCED_SCORE);
                }
            }
        }
        if (precision.equals("int8")) {
            entities.reported = true;
        } else if (!exact) {
            entities.allowed = (int) Math.ceil(NEAR_TIES * entities.compared);
        }
    }

    private float[] goldenLogits(JsonObject recorded, String stride) {
        String id = recorded.get("id").getAsString();
        int windows = recorded.getAsJsonObject("windows").getAsJsonArray(stride).size();
        float[] all = new float[0];
        for (int w = 0; w < windows; w++) {
            float[] one = golden.get(id + "/" + stride + "/" + w);
            float[] longer = Arrays.copyOf(all, all.length + one.length);
            System.arraycopy(one, 0, longer, all.length, one.length);
            all = longer;
        }
        return all;
    }

    private static void compareEntities(
            Level level, String where, JsonArray expected, List<Entity> found, double tolerance) {
        boolean equal = expected.size() == found.size();
        for (int i = 0; equal && i < found.size(); i++) {
            JsonObject one = expected.get(i).getAsJsonObject();
            Entity entity = found.get(i);
            JsonElement score = one.get("score");
            double difference = score.isJsonNull()
                    ? (Float.isNaN(entity.score()) ? 0 : 1)
                    : Math.abs(score.getAsDouble() - entity.score());
            equal = one.get("label").getAsString().equals(entity.label())
                    && one.get("word").getAsString().equals(entity.word())
                    && one.get("start").getAsInt() == entity.codePointStart()
                    && one.get("end").getAsInt() == entity.codePointEnd()
                    && (!one.has("index") || one.get("index").getAsInt() == entity.index())
                    && difference <= tolerance;
        }
        level.compared++;
        if (!equal) {
            level.diverge(where, expected, found);
        }
    }

    private static JsonArray expected(JsonObject recorded, String stride, AggregationStrategy strategy) {
        JsonObject outputs = recorded.getAsJsonObject("outputs");
        if (!stride.equals("plain")) {
            JsonObject strides = recorded.getAsJsonObject("strides");
            outputs = strides == null ? null : strides.getAsJsonObject(stride);
        }
        return outputs == null ? null : outputs.getAsJsonArray(strategy.toString());
    }

    private Iterable<String> strides() {
        Map<String, Boolean> strides = new TreeMap<>();
        strides.put("plain", true);
        cases.forEach(c -> c.getAsJsonObject("windows").keySet().forEach(stride -> strides.put(stride, true)));
        return strides.keySet();
    }

    private static int stride(String stride) {
        return stride.equals("plain") ? -1 : Integer.parseInt(stride);
    }

    private List<JsonObject> with(String key, String stride) {
        List<JsonObject> recorded = new ArrayList<>(cases);
        recorded.removeIf(c -> !c.getAsJsonObject(key).has(stride));
        return recorded;
    }

    private static List<String> texts(List<JsonObject> recorded) {
        List<String> texts = new ArrayList<>(recorded.size());
        recorded.forEach(c -> texts.add(c.get("text").getAsString()));
        return texts;
    }

    private static String longs(JsonElement array) {
        long[] values = new long[array.getAsJsonArray().size()];
        Arrays.setAll(values, i -> array.getAsJsonArray().get(i).getAsLong());
        return Arrays.toString(values);
    }

    /** One kind of comparison. */
    public static final class Level {

        private final String name;
        private int compared;
        private int divergences;
        private int allowed;
        private boolean reported;
        private String figures = "";
        private String first = "";

        private Level(String name) {
            this.name = name;
        }

        /**
         * Returns what is compared.
         *
         * @return {@code tokens}, {@code logits}, {@code decoding} or {@code entities}
         */
        public String name() {
            return name;
        }

        /**
         * Returns how much was compared.
         *
         * @return comparisons
         */
        public int compared() {
            return compared;
        }

        /**
         * Returns how much of it diverged.
         *
         * @return divergences
         */
        public int divergences() {
            return divergences;
        }

        /**
         * Returns whether this level holds.
         *
         * @return false if more diverged than may; a level that is only reported always holds
         */
        public boolean passed() {
            return reported || divergences <= allowed;
        }

        /**
         * Returns whether divergences of this level are only told.
         *
         * @return true for the entities of int8
         */
        public boolean isReportedOnly() {
            return reported;
        }

        @Override
        public String toString() {
            return name + ": " + divergences + " of " + compared + " diverge"
                    + (figures.isEmpty() ? "" : ", " + figures)
                    + (reported ? " (reported only)" : "");
        }

        private boolean compare(String where, Object expected, Object found) {
            compared++;
            boolean equal = expected.equals(found);
            if (!equal) {
                diverge(where, expected, found);
            }
            return equal;
        }

        private void diverge(String where, Object expected, Object found) {
            if (divergences++ == 0) {
                first = where + ": expected " + expected + ", found " + found;
            }
        }
    }
}
