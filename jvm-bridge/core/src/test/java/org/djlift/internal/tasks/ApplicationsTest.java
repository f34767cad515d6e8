package org.djlift.internal.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.djlift.internal.engine.Task;
import org.junit.jupiter.api.Test;

import java.util.Set;
import java.util.TreeSet;

class ApplicationsTest {

    @Test
    void everyTaskHasItsPlaceInAZoo() {
        Set<String> tasks = new TreeSet<>();
        for (Task<?, ?> task : new Task<?, ?>[] {
            new ClassificationTask(),
            new EmbeddingTask(),
            new EntityTask(),
            new FillMaskTask(),
            new QuestionTask(),
            new RankingTask(),
            new SparseTask(),
            new ZeroShotTask()
        }) {
            tasks.add(task.name());
        }
        assertEquals(tasks, Applications.tasks());
    }
}
