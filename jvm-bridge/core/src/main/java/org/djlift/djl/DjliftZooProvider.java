package org.djlift.djl;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;

import org.djlift.zoo.Zoo;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes the models of the zoo that {@code djlift.zoo} or {@code DJLIFT_ZOO} names known to all of DJL, a {@code
 * ModelZoo} for each group: then {@code optGroupId} and {@code optArtifactId} alone find them. DJL finds it by itself,
 * as it starts.
 */
public final class DjliftZooProvider implements ZooProvider {

    private static final String GROUP = "org.djlift";

    /** Makes a provider; DJL does so by the name of the class. */
    public DjliftZooProvider() {}

    /**
     * Gives the models of the group {@code org.djlift}, and registers those of all other groups with DJL. A zoo that
     * cannot be listed keeps DJL from nothing: it is said in the log.
     */
    @Override
    public ModelZoo getModelZoo() {
        try {
            if (Zoo.isConfigured()) {
                Set<String> groups = new TreeSet<>();
                for (String model : Zoo.configured().models()) {
                    groups.add(model.substring(0, model.indexOf('/')));
                }
                groups.remove(GROUP);
                for (String group : groups) {
                    DjliftZoo zoo = DjliftZoo.of(null, group);
                    ModelZoo.registerModelZoo(() -> zoo);
                }
                return DjliftZoo.of(null, GROUP);
            }
        } catch (IOException | RuntimeException e) {
            LoggerFactory.getLogger(DjliftZooProvider.class).warn("no models of the zoo: {}", e.getMessage());
        }
        return DjliftZoo.empty(GROUP);
    }
}
