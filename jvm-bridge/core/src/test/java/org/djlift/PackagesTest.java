package org.djlift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;

import org.djlift.support.Surface;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Each package uses the packages below it and no other; so there is no circle. */
class PackagesTest {

    /** Lowest first. */
    private static final List<String> LAYERS = List.of(
            "org.djlift.internal.base",
            "org.djlift.archive",
            "org.djlift.data",
            "org.djlift.internal.reader",
            "org.djlift.internal.tokenizer",
            "org.djlift.internal.graph",
            "org.djlift.internal.engine",
            "org.djlift.internal.tasks",
            "org.djlift.internal.proof",
            "org.djlift.zoo",
            "org.djlift",
            "org.djlift.translate",
            "org.djlift.djl");

    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(main());

    @Test
    void everyPackageHasItsPlace() {
        assertEquals(
                new TreeSet<>(LAYERS),
                CLASSES.stream()
                        .map(JavaClass::getPackageName)
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.toCollection(TreeSet::new)));
        assertTrue(CLASSES.size() > 150, CLASSES.size() + " classes");
    }

    @Test
    void noPackageUsesOneAboveIt() {
        for (int i = 0; i < LAYERS.size() - 1; i++) {
            usesNone(LAYERS.get(i), LAYERS.subList(i + 1, LAYERS.size())).check(CLASSES);
        }
    }

    /** The other way round the same rule fails, and names the classes. */
    @Test
    void anEdgeUpwardsIsNamed() {
        AssertionError found =
                assertThrows(AssertionError.class, () -> usesNone("org.djlift.zoo", List.of("org.djlift.internal.base"))
                        .check(CLASSES));
        assertTrue(found.getMessage().contains("org.djlift.zoo.ZooCache"), found.getMessage());
        assertTrue(found.getMessage().contains("org.djlift.internal.base.FileHash"), found.getMessage());
    }

    private static ArchRule usesNone(String layer, List<String> above) {
        return ArchRuleDefinition.noClasses()
                .that()
                .resideInAPackage(layer)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(above.toArray(new String[0]));
    }

    private static Path main() {
        return Surface.location(TokenClassifier.class);
    }
}
