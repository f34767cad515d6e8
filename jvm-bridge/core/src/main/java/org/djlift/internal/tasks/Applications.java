package org.djlift.internal.tasks;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** DJL's application paths, under which a zoo keeps the models of each task. */
public final class Applications {

    private static final Map<String, String> BY_TASK = Map.of(
            "token-classification", "nlp/token_classification",
            "text-classification", "nlp/text_classification",
            "text-embedding", "nlp/text_embedding",
            "fill-mask", "nlp/fill_mask",
            "question-answering", "nlp/question_answer",
            "text-ranking", "nlp/text_ranking",
            "sparse-embedding", "nlp/text_embedding",
            "zero-shot-classification", "nlp/zero_shot_classification");

    private Applications() {}

    /** The names of all tasks, sorted. */
    public static Set<String> tasks() {
        return new TreeSet<>(BY_TASK.keySet());
    }

    /** Returns whether models of a task are in an application. */
    public static boolean holds(String application, String task) {
        return application.equals(BY_TASK.get(task));
    }

    /** Returns a task whose models are there; several share one place. */
    public static String taskOf(String application) {
        return BY_TASK.entrySet().stream()
                .filter(entry -> entry.getValue().equals(application))
                .map(Map.Entry::getKey)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Returns where models of a task are; all places where it is null. */
    public static Collection<String> of(String task) {
        return task == null ? new TreeSet<>(BY_TASK.values()) : List.of(BY_TASK.get(task));
    }
}
