package org.djlift.data;

import java.util.List;

/**
 * The result of a self-test: the outputs of this JVM for the golden texts of an archive, compared with those of fp32
 * PyTorch.
 *
 * <p>At every precision, tokens and what is decoded from the golden logits must be equal. The rest depends; entities
 * stand for the outputs of any task:
 *
 * <ul>
 *   <li>fp32: logits differ by at most 1e-4; entities are equal.
 *   <li>fp16: logits differ by at most 1 % of their range, and 0.1 % in the root mean square; one output in a hundred
 *       may differ, as a near-tie.
 *   <li>int8: logits differ by at most twice what the build measured and wrote into the manifest, largest difference
 *       and root mean square; without such a record any number will do. Entities are reported: what int8 costs was
 *       gated by accuracy when the archive was built.
 * </ul>
 */
public final class SelfTest {

    private final int texts;
    private final List<Level> levels;

    /**
     * Makes the result of a self-test.
     *
     * @param texts how many golden texts were run
     * @param levels what was compared, in order
     */
    public SelfTest(int texts, List<Level> levels) {
        this.texts = texts;
        this.levels = List.copyOf(levels);
    }

    /**
     * Returns how many texts were run.
     *
     * @return the number of golden texts
     */
    public int texts() {
        return texts;
    }

    /**
     * Returns what was compared: tokens, logits, decoding (from the golden logits), and entities or other outputs.
     *
     * @return the levels in their order
     */
    public List<Level> levels() {
        return levels;
    }

    /**
     * Returns whether the archive works on this JVM as it did in PyTorch.
     *
     * @return whether every level passed
     */
    public boolean passed() {
        return levels.stream().allMatch(Level::passed);
    }

    /**
     * Describes the first divergence of the first level that has one.
     *
     * @return text, place and both sides; empty if there is none
     */
    public String firstDivergence() {
        return levels.stream()
                .filter(l -> !l.passed())
                .findFirst()
                .map(l -> l.first)
                .orElse("");
    }

    @Override
    public String toString() {
        String verdict = passed() ? "passed" : "failed, first at " + firstDivergence();
        return "self-test of " + texts + " texts " + verdict + " " + levels;
    }

    /** One kind of comparison. */
    public static final class Level {

        private final String name;
        private final int compared;
        private final int divergences;
        private final int allowed;
        private final boolean reportedOnly;
        private final String figures;
        private final String first;

        /**
         * Makes the result of a level.
         *
         * @param name what was compared
         * @param compared how much
         * @param divergences how much of it diverged
         * @param allowed how many divergences may be
         * @param reportedOnly whether divergences are only told
         * @param figures what was measured, for a person; may be empty
         * @param first the first divergence; empty if there is none
         */
        public Level(
                String name,
                int compared,
                int divergences,
                int allowed,
                boolean reportedOnly,
                String figures,
                String first) {
            this.name = name;
            this.compared = compared;
            this.divergences = divergences;
            this.allowed = allowed;
            this.reportedOnly = reportedOnly;
            this.figures = figures;
            this.first = first;
        }

        /**
         * Returns what is compared.
         *
         * @return {@code tokens}, {@code logits}, {@code decoding}, and {@code entities} or {@code outputs}
         */
        public String name() {
            return name;
        }

        /**
         * Returns the number of comparisons.
         *
         * @return comparisons
         */
        public int compared() {
            return compared;
        }

        /**
         * Returns the number of comparisons that diverged.
         *
         * @return divergences
         */
        public int divergences() {
            return divergences;
        }

        /**
         * Returns whether this level passed.
         *
         * @return false if more diverged than may; a level that is only reported always holds
         */
        public boolean passed() {
            return reportedOnly || divergences <= allowed;
        }

        /**
         * Returns whether divergences of this level are reported, but do not fail the self-test.
         *
         * @return true for the entities or outputs of int8
         */
        public boolean isReportedOnly() {
            return reportedOnly;
        }

        @Override
        public String toString() {
            return name + ": " + divergences + " of " + compared + " diverge"
                    + (figures.isEmpty() ? "" : ", " + figures)
                    + (reportedOnly ? " (reported only)" : "");
        }
    }
}
