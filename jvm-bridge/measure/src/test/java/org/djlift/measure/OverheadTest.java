package org.djlift.measure;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** {@link Overhead} fails where a ratio is missed, or where the two sides do not find the same. */
class OverheadTest {

    private static final String OURS = "{\"entities\": [{\"label\": \"PER\", \"utf16_start\": 0, \"utf16_end\": 3}]}";

    @Test
    void aRatioThatIsMissedIsSaid() {
        double[] ours = {10, 20, 1000};
        assertTrue(Overhead.said("so", ours, new double[] {40, 80, 1}, "alone", 4));
        assertFalse(Overhead.said("so", ours, new double[] {40, 79, 1}, "alone", 4));
    }

    @Test
    void whatIsFoundMustBeTheSame() {
        String theirs = OURS.replace("utf16_", "");
        Overhead.same(new String[] {OURS}, new String[] {theirs});
        String[] others = {theirs.replace("3", "4"), theirs.replace("PER", "LOC"), "{\"entities\": []}"};
        for (String other : others) {
            assertThrows(IllegalStateException.class, () -> Overhead.same(new String[] {OURS}, new String[] {other}));
        }
    }
}
