package org.djlift.spark;

import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.sql.SparkSession;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** What Spark's listeners hear: the accumulators of all stages. */
final class Meters extends SparkListener {

    private final Map<String, Long> sums = new ConcurrentHashMap<>();

    /** A map is the same class in every Scala; a sequence is not. */
    @Override
    public void onStageCompleted(SparkListenerStageCompleted completed) {
        scala.collection.Iterator<AccumulableInfo> all =
                completed.stageInfo().accumulables().valuesIterator();
        while (all.hasNext()) {
            AccumulableInfo one = all.next();
            if (one.name().isDefined() && one.value().isDefined() && one.value().get() instanceof Long) {
                sums.put(one.name().get(), (Long) one.value().get());
            }
        }
    }

    long sum(String name) {
        return sums.getOrDefault(name, 0L);
    }

    /** Waits until Spark has told of so many; its listeners hear later. */
    void settled(SparkSession spark, String name, long count) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (sum(name) < count && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        if (sum(name) != count) {
            throw new AssertionError(name + ": expected " + count + ", found " + sums);
        }
    }

    /** The metrics that Spark's JMX sink shows. */
    static List<String> shown() {
        return ManagementFactory.getPlatformMBeanServer().queryNames(null, null).stream()
                .map(name -> String.valueOf(name.getKeyProperty("name")))
                .collect(Collectors.toList());
    }
}
