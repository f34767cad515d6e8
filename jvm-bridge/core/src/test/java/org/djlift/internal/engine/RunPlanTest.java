package org.djlift.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Every window with tokens is in one run, and no run is larger than its budget. */
class RunPlanTest {

    @Test
    void runsKeepTheirBudgetAndLoseNothing() {
        Random random = new Random(3);
        for (int round = 0; round < 200; round++) {
            int[] lengths = random.ints(random.nextInt(60), 0, 40).toArray();
            int budget = 1 + random.nextInt(200);
            List<int[]> runs = RunPlan.byLength(lengths, budget);
            for (int[] run : runs) {
                int longest = Arrays.stream(run).map(i -> lengths[i]).max().getAsInt();
                assertTrue(run.length == 1 || run.length * longest <= budget);
            }
            int[] expected = java.util.stream.IntStream.range(0, lengths.length)
                    .filter(i -> lengths[i] > 0)
                    .toArray();
            assertArrayEquals(
                    expected,
                    runs.stream().flatMapToInt(Arrays::stream).sorted().toArray());
        }
    }

    @Test
    void theLongestGoFirstAndEqualsKeepTheirOrder() {
        List<int[]> runs = RunPlan.byLength(new int[] {3, 9, 0, 3, 3, 9}, 9);
        assertEquals(3, runs.size());
        assertArrayEquals(new int[] {1}, runs.get(0));
        assertArrayEquals(new int[] {5}, runs.get(1));
        assertArrayEquals(new int[] {0, 3, 4}, runs.get(2));
    }

    @Test
    void inOrderWindowsStayInOrder() {
        List<int[]> runs = RunPlan.inOrder(new int[] {1, 0, 5, 2}, 2);
        assertArrayEquals(new int[] {0, 2}, runs.get(0));
        assertArrayEquals(new int[] {3}, runs.get(1));
    }
}
