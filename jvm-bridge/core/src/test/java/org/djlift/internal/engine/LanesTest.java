package org.djlift.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Steps of a call at a time: each once, so many and no more, and none under way when the call is over. */
class LanesTest {

    @Test
    void soManyAreUnderWayAtATimeAndNoMore() {
        Lanes lanes = new Lanes(3);
        CyclicBarrier three = new CyclicBarrier(3);
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        lanes.each(30, i -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                three.await(1, TimeUnit.MINUTES);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            now.decrementAndGet();
        });
        assertEquals(3, most.get());
        lanes.close();
    }

    @Test
    void eachStepIsDoneOnce() {
        for (int count : new int[] {1, 2, 8}) {
            Lanes lanes = new Lanes(count);
            for (int n : new int[] {0, 1, 2, 1000}) {
                AtomicIntegerArray done = new AtomicIntegerArray(n);
                lanes.each(n, done::incrementAndGet);
                int[] all = new int[n];
                for (int i = 0; i < n; i++) {
                    all[i] = done.get(i);
                }
                int[] once = new int[n];
                Arrays.fill(once, 1);
                assertArrayEquals(once, all);
            }
            lanes.close();
        }
    }

    @Test
    void theFirstFailureIsThrownOnceAllHaveEnded() {
        Lanes lanes = new Lanes(2);
        CountDownLatch begun = new CountDownLatch(2);
        Set<Integer> ended = ConcurrentHashMap.newKeySet();
        Throwable found = assertThrows(
                Throwable.class,
                () -> lanes.each(100, i -> {
                    begun.countDown();
                    try {
                        begun.await();
                        // The later step fails first.
                        Thread.sleep(i == 0 ? 100 : 0);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    ended.add(i);
                    if (i == 0) {
                        throw new StackOverflowError("step 0");
                    }
                    throw new IllegalStateException("step " + i);
                }));
        assertEquals("step 0", found.getMessage());
        assertEquals(Set.of(0, 1), ended);
        assertTrue(found instanceof StackOverflowError);
        lanes.close();
    }
}
