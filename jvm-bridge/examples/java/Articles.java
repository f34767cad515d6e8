import org.djlift.TokenClassifier;
import org.djlift.data.Entity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Articles in, entities out: {@code Articles ARCHIVE ARTICLES.tsv} shows how many of each label there are. */
public final class Articles {

    private Articles() {}

    public static void main(String[] args) throws IOException {
        Map<String, List<String>> names = new TreeMap<>();
        try (TokenClassifier ner = TokenClassifier.load(Path.of(args[0]));
                Stream<String> lines = Files.lines(Path.of(args[1]))) {
            // A stream of any length: texts are read as they are needed, and share runs of the model.
            Iterator<String> articles = lines.skip(1)
                    .map(line -> line.substring(line.indexOf('\t') + 1))
                    .iterator();
            ner.classify(articles, article -> article).forEachRemaining(found -> {
                for (Entity entity : found.output().orElseThrow()) {
                    names.computeIfAbsent(entity.label(), label -> new ArrayList<>())
                            .add(found.item().substring(entity.start(), entity.end()));
                }
            });
        }
        System.out.println("label\tentities\tnames");
        names.forEach((label, all) -> System.out.println(label + "\t" + all.size() + "\t" + new HashSet<>(all).size()));
    }
}
