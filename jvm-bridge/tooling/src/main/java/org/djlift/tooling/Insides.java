package org.djlift.tooling;

import org.djlift.ModelBuilder;
import org.djlift.TextModel;
import org.djlift.internal.engine.Task;
import org.djlift.internal.engine.TaskRunner;

import java.lang.reflect.Field;

/** What models and builders keep to themselves; djlift-core opens its package to this module for it. */
final class Insides {

    private Insides() {}

    /** What runs the inputs of a model. */
    @SuppressWarnings("unchecked")
    static <I, O> TaskRunner<I, O> runner(TextModel<I, O, ?> model) {
        return (TaskRunner<I, O>) value(TextModel.class, "runner", model);
    }

    /** The task of a builder's model. */
    @SuppressWarnings("unchecked")
    static <I> Task<I, ?> task(ModelBuilder<?, I, ?> builder) {
        return (Task<I, ?>) value(ModelBuilder.class, "task", builder);
    }

    private static Object value(Class<?> type, String name, Object of) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(of);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("expected djlift-core of this version, found one without " + name, e);
        }
    }
}
