package org.djlift.spark;

import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The columns of the stages. */
final class Columns {

    static final DataType TEXT = DataTypes.StringType;
    static final DataType SCORE = DataTypes.FloatType;
    static final DataType NUMBERS = DataTypes.createArrayType(DataTypes.FloatType, false);
    static final DataType ENTITIES = structs(new StructType()
            .add("label", DataTypes.StringType, false)
            .add("score", DataTypes.FloatType, false)
            .add("word", DataTypes.StringType, false)
            .add("start", DataTypes.IntegerType, false)
            .add("end", DataTypes.IntegerType, false));
    static final DataType LABELS = structs(
            new StructType().add("label", DataTypes.StringType, false).add("score", DataTypes.FloatType, false));
    static final DataType WEIGHTS = structs(new StructType()
            .add("token", DataTypes.StringType, false)
            .add("id", DataTypes.IntegerType, false)
            .add("weight", DataTypes.FloatType, false));

    static final DataType ANSWERS = structs(new StructType()
            .add("answer", DataTypes.StringType, false)
            .add("score", DataTypes.DoubleType, false)
            .add("start", DataTypes.IntegerType, false)
            .add("end", DataTypes.IntegerType, false));
    static final DataType MASKS = DataTypes.createArrayType(
            structs(new StructType()
                    .add("token", DataTypes.IntegerType, false)
                    .add("token_str", DataTypes.StringType, false)
                    .add("score", DataTypes.FloatType, false)
                    .add("sequence", DataTypes.StringType, false)),
            false);

    private Columns() {}

    private static DataType structs(StructType each) {
        return DataTypes.createArrayType(each, false);
    }

    /** Refuses a schema without a column of texts of that name, which the parameter gives. */
    static void texts(StructType schema, String parameter, String name) {
        StructField field = field(schema, parameter, name);
        if (!(field.dataType() instanceof StringType)) {
            throw wrong(parameter, "string", field);
        }
    }

    /** Refuses a schema without a column of lists of texts. */
    static void lists(StructType schema, String parameter, String name) {
        StructField field = field(schema, parameter, name);
        boolean list = field.dataType() instanceof ArrayType
                && ((ArrayType) field.dataType()).elementType() instanceof StringType;
        if (!list) {
            throw wrong(parameter, "array<string>", field);
        }
    }

    private static StructField field(StructType schema, String parameter, String name) {
        List<Integer> places = places(schema, name);
        if (places.size() != 1) {
            throw new IllegalArgumentException(parameter + ": expected " + (places.isEmpty() ? "the" : "one")
                    + " column '" + name + "', found " + Arrays.toString(schema.fieldNames()));
        }
        return schema.fields()[places.get(0)];
    }

    private static IllegalArgumentException wrong(String parameter, String type, StructField field) {
        return new IllegalArgumentException(parameter + ": expected a column of type " + type + ", found '"
                + field.name() + "' of type " + field.dataType().simpleString());
    }

    /** The schema with a column that the parameter names. */
    static StructType added(StructType schema, String parameter, String name, DataType type) {
        if (!places(schema, name).isEmpty()) {
            throw new IllegalArgumentException(parameter + ": expected a new column, found '" + name + "' in "
                    + Arrays.toString(schema.fieldNames()));
        }
        return schema.add(name, type, true);
    }

    /** How a failure names columns. */
    static String named(String... columns) {
        return (columns.length == 1 ? "column " : "columns ")
                + Stream.of(columns).map(name -> "'" + name + "'").collect(Collectors.joining(", "));
    }

    /** Where the column of that name is, in a schema that was checked. */
    static int place(StructType schema, String name) {
        return places(schema, name).get(0);
    }

    /** Where columns of that name are, as Spark SQL reads names: of any case unless spark.sql.caseSensitive is set. */
    private static List<Integer> places(StructType schema, String name) {
        List<Integer> exact = places(schema, name::equals);
        return !exact.isEmpty() || SQLConf.get().caseSensitiveAnalysis()
                ? exact
                : places(schema, name::equalsIgnoreCase);
    }

    private static List<Integer> places(StructType schema, Predicate<String> named) {
        String[] names = schema.fieldNames();
        return IntStream.range(0, names.length)
                .filter(i -> named.test(names[i]))
                .boxed()
                .collect(Collectors.toList());
    }
}
