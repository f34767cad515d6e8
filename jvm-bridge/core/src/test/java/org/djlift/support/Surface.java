package org.djlift.support;

import org.djlift.TokenClassifier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is wrong with a class of a library; each answers nothing where all is well. */
public final class Surface {

    private static final Set<String> CONSTANTS =
            Set.of("java.lang.String", "java.util.regex.Pattern", "org.slf4j.Logger");
    private static final String UNMODIFIABLE = "java.util.ImmutableCollections";
    private static final List<String> OUTPUTS = List.of(
            "java/io/PrintStream",
            "java/util/logging/",
            "org/apache/log4j",
            "org/apache/logging",
            "org/apache/commons/logging");

    private Surface() {}

    /** The classes of the library. */
    public static List<Class<?>> classes() throws IOException, ClassNotFoundException {
        Path top = location(TokenClassifier.class);
        List<Class<?>> classes = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(top)) {
            for (Path file : walk.filter(p -> p.toString().endsWith(".class")).collect(Collectors.toList())) {
                String name = top.relativize(file)
                        .toString()
                        .replaceAll("[\\\\/]", ".")
                        .replaceAll("\\.class$", "");
                if (!name.endsWith("-info")) {
                    classes.add(Class.forName(name));
                }
            }
        }
        return classes;
    }

    public static boolean isPublic(Class<?> type) {
        boolean outer = type.getEnclosingClass() == null || isPublic(type.getEnclosingClass());
        return outer
                && Modifier.isPublic(type.getModifiers())
                && !type.getName().startsWith("org.djlift.internal.");
    }

    /** Static fields that can change: neither constant nor unmodifiable. */
    public static List<String> state(Class<?> type) throws IllegalAccessException {
        List<String> found = new ArrayList<>();
        for (Field field : type.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers()) || field.isSynthetic()) {
                continue;
            }
            field.setAccessible(true);
            boolean constant = field.getType().isPrimitive()
                    || field.getType().isEnum()
                    || CONSTANTS.contains(field.getType().getName())
                    || field.get(null) != null && cannotChange(field.get(null).getClass());
            if (!constant || !Modifier.isFinal(field.getModifiers())) {
                found.add(type.getName() + "." + field.getName());
            }
        }
        return found;
    }

    private static boolean cannotChange(Class<?> type) {
        boolean fieldless = Stream.of(type.getDeclaredFields()).allMatch(f -> Modifier.isStatic(f.getModifiers()));
        return type.getName().startsWith(UNMODIFIABLE) || fieldless && type.getSuperclass() == Object.class;
    }

    /** Types in what a caller sees that are none of his business. */
    public static List<String> strangers(Class<?> type, Pattern allowed) {
        List<Executable> seen = new ArrayList<>(List.of(type.getDeclaredConstructors()));
        seen.addAll(List.of(type.getDeclaredMethods()));
        List<String> found = new ArrayList<>();
        for (Executable one : seen) {
            if ((one.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) == 0 || one.isSynthetic()) {
                continue;
            }
            Stream.Builder<Class<?>> types = Stream.builder();
            List.of(one.getParameterTypes()).forEach(types);
            List.of(one.getExceptionTypes()).forEach(types);
            types.add(
                    one instanceof Method
                            ? ((Method) one).getReturnType()
                            : ((Constructor<?>) one).getDeclaringClass());
            types.build()
                    .map(Surface::element)
                    .filter(t ->
                            !t.isPrimitive() && !(allowed.matcher(t.getName()).matches() && reachable(t)))
                    .forEach(t -> found.add(one + ": " + t.getName()));
        }
        for (Field field : type.getDeclaredFields()) {
            boolean constant = Modifier.isStatic(field.getModifiers()) && Modifier.isFinal(field.getModifiers());
            if ((field.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0 && !constant) {
                found.add(field.toString());
            }
        }
        return found;
    }

    /** What a class writes to that is not slf4j. */
    public static List<String> outputs(Class<?> type) throws IOException {
        Path file = location(type).resolve(type.getName().replace('.', '/') + ".class");
        String constants = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        return OUTPUTS.stream()
                .filter(constants::contains)
                .map(o -> type.getName() + ": " + o)
                .collect(Collectors.toList());
    }

    private static boolean reachable(Class<?> type) {
        return !type.getName().startsWith("org.djlift.") || isPublic(type);
    }

    private static Class<?> element(Class<?> type) {
        return type.isArray() ? element(type.getComponentType()) : type;
    }

    /** The folder or jar that a class came from. */
    public static Path location(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
