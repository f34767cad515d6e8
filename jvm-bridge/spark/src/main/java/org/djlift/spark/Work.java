package org.djlift.spark;

import org.apache.spark.sql.Row;
import org.djlift.data.StageTimes;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Function;

/**
 * What a stage does with its model; travels to the executors.
 *
 * @param <M> the model
 */
interface Work<M> extends Serializable {

    /** What two models must have in common to be one, beside what all stages set. No two tasks have the same. */
    String key();

    /** The task of the model, as manifests name it. */
    String task();

    /** Loads the model, with the settings of all stages applied. */
    M load(Path archive, Settings<M> settings) throws IOException;

    /** What the model has done since it was loaded. */
    StageTimes times(M model);

    void close(M model);

    /** Runs the rows of a partition, in their order. */
    Iterator<Done> run(M model, Iterator<Row> rows);

    /** What a function makes of each, when it is asked for. */
    static <A, B> Iterator<B> mapped(Iterator<? extends A> all, Function<? super A, ? extends B> function) {
        return new Iterator<B>() {
            @Override
            public boolean hasNext() {
                return all.hasNext();
            }

            @Override
            public B next() {
                return function.apply(all.next());
            }
        };
    }
}
