package org.djlift.translate;

import ai.djl.Model;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.util.Pair;

import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.Task;
import org.slf4j.Logger;

import java.io.IOException;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What the factories of all tasks but token classification do; has no state, so that a factory can travel. */
final class TaskTranslators<I, O> {

    private static final String PARAMETERS = "parameters";

    private final Task<I, O> task;
    private final List<Kind<I, O>> kinds;

    TaskTranslators(Task<I, O> task, List<Kind<I, O>> kinds) {
        this.task = task;
        this.kinds = kinds;
    }

    Set<Pair<Type, Type>> supportedTypes() {
        return kinds.stream()
                .map(kind -> new Pair<Type, Type>(kind.from, kind.to))
                .collect(Collectors.toSet());
    }

    /**
     * Makes a translator for a model, once its files are what its manifest says.
     *
     * @param logger of the factory
     */
    @SuppressWarnings("unchecked")
    <A, B> Translator<A, B> newInstance(
            Class<A> input, Class<B> output, Model model, Map<String, ?> arguments, Logger logger)
            throws TranslateException {
        Kind<I, O> kind = kinds.stream()
                .filter(k -> k.from == input && k.to == output)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of " + supportedTypes() + ", found "
                        + input.getName() + " to " + output.getName()));
        Parameters own = own(arguments);
        Map<String, Object> settings = new HashMap<>(arguments);
        // Theirs win over the archive's key by key, not all over all.
        settings.remove(PARAMETERS);
        WholeArchive archive = WholeArchive.of(model, settings, logger);
        ModelFolder folder = archive.folder();
        try {
            Parameters defaults = folder.parameters().only(task.parameters());
            Codec<I, O> codec = task.bind(folder, archive.tokenization()).codec(own.over(defaults));
            return (Translator<A, B>) kind.translator(codec, folder.tokenizer().padding());
        } catch (IOException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }

    /** Parameters among the arguments: each by its name, or several as one JSON object. */
    private Parameters own(Map<String, ?> arguments) {
        Object json = arguments.get(PARAMETERS);
        Parameters own = Parameters.parse(json == null ? null : json.toString()).only(task.parameters());
        for (String name : task.parameters()) {
            Object value = arguments.get(name);
            if (value != null) {
                own = own.with(name, Parameters.value(value.toString()));
            }
        }
        return own;
    }
}
