package org.djlift.djl;

import ai.djl.repository.zoo.BaseModelLoader;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelZoo;

import org.djlift.zoo.Zoo;
import org.djlift.zoo.ZooCoordinates;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The models of one group in a zoo, for {@code Criteria.optModelZoo} with {@code optGroupId}, {@code optArtifactId} and
 * {@code optFilter("precision", "fp16")}.
 */
public final class DjliftZoo extends ModelZoo {

    private final String group;
    /** Not DJL's map by name: models of several tasks may share a name. */
    private final List<ModelLoader> loaders = new ArrayList<>();

    private DjliftZoo(String group) {
        this.group = Objects.requireNonNull(group, "group");
    }

    /**
     * Gives the newest versions of all models of a group that the zoo can list: those in a folder, and those that the
     * setting {@code djlift.zoo.models} names.
     *
     * @param base the folder or address of the zoo; null for the one that {@code djlift.zoo} or {@code DJLIFT_ZOO}
     *     names
     * @param group the group
     * @return the models of the group, none if there are none
     * @throws IOException if the zoo is no zoo, or cannot be listed
     */
    public static DjliftZoo of(@Nullable String base, String group) throws IOException {
        Zoo zoo = zoo(base);
        List<ZooCoordinates> models = new ArrayList<>();
        for (ZooCoordinates model : zoo.listing()) {
            if (model.group().equals(group)) {
                models.add(model);
            }
        }
        return new DjliftZoo(group).with(zoo, models);
    }

    /**
     * Gives the models that are named, each in the newest of the versions that will do.
     *
     * @param base the folder or address of the zoo; null for the one that {@code djlift.zoo} or {@code DJLIFT_ZOO}
     *     names
     * @param models coordinates of one group; the version may be a range
     * @return the models
     * @throws IOException if the zoo is no zoo
     * @throws IllegalArgumentException if they are of several groups, or none is named
     */
    public static DjliftZoo of(@Nullable String base, ZooCoordinates... models) throws IOException {
        if (models.length == 0) {
            throw new IllegalArgumentException("expected coordinates, found none");
        }
        String group = models[0].group();
        for (ZooCoordinates model : models) {
            if (!model.group().equals(group)) {
                throw new IllegalArgumentException("expected models of the group " + group + ", found " + model);
            }
        }
        return new DjliftZoo(group).with(zoo(base), List.of(models));
    }

    /** A zoo without models. */
    static DjliftZoo empty(String group) {
        return new DjliftZoo(group);
    }

    private DjliftZoo with(Zoo zoo, List<ZooCoordinates> models) {
        for (ZooCoordinates model : models) {
            ModelLoader loader = new BaseModelLoader(new ZooRepository(model.toString(), model, zoo).mrl());
            loaders.add(loader);
        }
        return this;
    }

    private static Zoo zoo(@Nullable String base) throws IOException {
        return base == null ? Zoo.configured() : Zoo.at(base);
    }

    @Override
    public Collection<ModelLoader> getModelLoaders() {
        return List.copyOf(loaders);
    }

    @Override
    public @Nullable ModelLoader getModelLoader(String name) {
        return loaders.stream()
                .filter(l -> l.getArtifactId().equals(name))
                .findFirst()
                .orElse(null);
    }

    @Override
    public String getGroupId() {
        return group;
    }

    @Override
    public Set<String> getSupportedEngines() {
        return Set.of("OnnxRuntime");
    }
}
