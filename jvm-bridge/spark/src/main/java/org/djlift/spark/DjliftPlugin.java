package org.djlift.spark;

import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

import java.util.Map;

/**
 * Makes what each executor does a metric of Spark's, for every sink that {@code metrics.properties} names: {@code
 * spark.plugins=org.djlift.spark.DjliftPlugin}.
 *
 * <p>Under {@code plugin.org.djlift.spark.DjliftPlugin}: {@code texts} (a meter: count and texts per second), {@code
 * tokens}, {@code paddedTokens}, {@code tokenizeMillis}, {@code waitMillis}, {@code runMillis}, {@code decodeMillis}
 * (each over all tasks of the executor), {@code loads}, {@code loadMillis} and {@code models}.
 */
public final class DjliftPlugin implements SparkPlugin {

    /** Made by Spark. */
    public DjliftPlugin() {}

    @Override
    public DriverPlugin driverPlugin() {
        return null;
    }

    @Override
    public ExecutorPlugin executorPlugin() {
        return new ExecutorPlugin() {
            @Override
            public void init(PluginContext context, Map<String, String> extraConf) {
                Totals.register(context.metricRegistry());
            }
        };
    }
}
