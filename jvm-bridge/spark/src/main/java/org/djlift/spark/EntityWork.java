package org.djlift.spark;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.djlift.Classified;
import org.djlift.TextException;
import org.djlift.TokenClassifier;
import org.djlift.TokenClassifierBuilder;
import org.djlift.data.AggregationStrategy;
import org.djlift.data.Entity;
import org.djlift.data.StageTimes;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/** Token classification. */
final class EntityWork implements Work<TokenClassifier> {

    private static final long serialVersionUID = 1L;

    /** Null for the archive's. */
    private final String strategy;
    private final int stride;
    /** The place of the column with texts. */
    private final int input;
    private final boolean codePoints;

    EntityWork(String strategy, int stride, int input, boolean codePoints) {
        this.strategy = strategy;
        this.stride = stride;
        this.input = input;
        this.codePoints = codePoints;
    }

    static AggregationStrategy strategy(String name) {
        try {
            return AggregationStrategy.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "aggregationStrategy: expected none, simple, first, average or max, found " + name, e);
        }
    }

    @Override
    public String key() {
        return strategy + " " + stride;
    }

    @Override
    public String task() {
        return "token-classification";
    }

    @Override
    public TokenClassifier load(Path archive, Settings<TokenClassifier> settings) throws IOException {
        TokenClassifierBuilder builder = settings.applied(TokenClassifier.builder(archive)).stride(stride);
        if (strategy != null) {
            builder.aggregationStrategy(strategy(strategy));
        }
        return builder.build();
    }

    @Override
    public StageTimes times(TokenClassifier model) {
        return model.stageTimes();
    }

    @Override
    public void close(TokenClassifier model) {
        model.close();
    }

    @Override
    public Iterator<Done> run(TokenClassifier model, Iterator<Row> rows) {
        Iterator<Classified<Held>> found =
                model.classify(Work.mapped(rows, Held::new), held -> held.row.getString(input));
        return Work.mapped(found, this::answer);
    }

    private Done answer(Classified<Held> found) {
        Row row = found.item().row;
        TextException failure = found.failure().orElse(null);
        List<Entity> entities = failure == null ? found.entities() : null;
        return entities == null
                ? new Done(row, null, 0, failure)
                : new Done(row, entities.stream().map(this::struct).toArray(Row[]::new), entities.size(), null);
    }

    private Row struct(Entity entity) {
        return RowFactory.create(
                entity.label(),
                entity.score(),
                entity.word(),
                codePoints ? entity.codePointStart() : entity.start(),
                codePoints ? entity.codePointEnd() : entity.end());
    }
}
