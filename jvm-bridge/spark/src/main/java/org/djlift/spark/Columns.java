package org.djlift.spark;

import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

import java.util.Arrays;

/** The columns of the stage. */
final class Columns {

    private static final DataType ENTITIES = DataTypes.createArrayType(
            new StructType()
                    .add("label", DataTypes.StringType, false)
                    .add("score", DataTypes.FloatType, false)
                    .add("word", DataTypes.StringType, false)
                    .add("start", DataTypes.IntegerType, false)
                    .add("end", DataTypes.IntegerType, false),
            false);

    private Columns() {}

    /** Refuses a schema that has no column with texts. */
    static void texts(StructType schema, String name) {
        if (!has(schema, name)) {
            throw new IllegalArgumentException(
                    "inputCol: expected the column '" + name + "', found " + Arrays.toString(schema.fieldNames()));
        }
        StructField field = schema.fields()[schema.fieldIndex(name)];
        if (!(field.dataType() instanceof StringType)) {
            throw new IllegalArgumentException("inputCol: expected a column of type string, found '" + name
                    + "' of type " + field.dataType().simpleString());
        }
    }

    static StructType entities(StructType schema, String name) {
        return added(schema, "outputCol", name, ENTITIES);
    }

    static StructType failures(StructType schema, String name) {
        return added(schema, "errorCol", name, DataTypes.StringType);
    }

    private static StructType added(StructType schema, String setting, String name, DataType type) {
        if (has(schema, name)) {
            throw new IllegalArgumentException(setting + ": expected a new column, found '" + name + "' in "
                    + Arrays.toString(schema.fieldNames()));
        }
        return schema.add(name, type, true);
    }

    private static boolean has(StructType schema, String name) {
        return Arrays.asList(schema.fieldNames()).contains(name);
    }
}
