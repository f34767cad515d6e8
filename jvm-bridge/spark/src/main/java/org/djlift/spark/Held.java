package org.djlift.spark;

import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SizeEstimator;
import org.djlift.internal.engine.TextStream;

import java.time.temporal.Temporal;
import java.util.Date;

/** A row that a task holds until what came of it is handed out, with all of its columns. */
class Held implements TextStream.Sized {

    /** A number or a date, with what refers to it. */
    private static final int SMALL = 24;

    final Row row;

    Held(Row row) {
        this.row = row;
    }

    @Override
    public final long bytes() {
        return bytes(row);
    }

    /** The size of a value, as Spark gives it to Java. */
    static long bytes(Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean) {
            return SMALL;
        }
        if (value instanceof String) {
            return SMALL + 2L * ((String) value).length();
        }
        if (value instanceof byte[]) {
            return SMALL + ((byte[]) value).length;
        }
        if (value instanceof Row) {
            Row row = (Row) value;
            long sum = SMALL;
            for (int i = 0; i < row.size(); i++) {
                sum += bytes(row.get(i));
            }
            return sum;
        }
        if (value instanceof scala.collection.Iterable) {
            // A list, or a map of pairs.
            long sum = SMALL;
            scala.collection.Iterator<?> all = ((scala.collection.Iterable<?>) value).iterator();
            while (all.hasNext()) {
                sum += bytes(all.next());
            }
            return sum;
        }
        if (value instanceof scala.Tuple2) {
            scala.Tuple2<?, ?> pair = (scala.Tuple2<?, ?>) value;
            return bytes(pair._1()) + bytes(pair._2());
        }
        if (value instanceof Vector) {
            return SMALL * (1L + ((Vector) value).numActives());
        }
        return value instanceof Date || value instanceof Temporal ? SMALL : SizeEstimator.estimate(value);
    }
}
