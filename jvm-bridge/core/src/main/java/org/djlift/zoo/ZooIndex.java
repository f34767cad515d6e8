package org.djlift.zoo;

import org.djlift.internal.base.Names;
import org.djlift.internal.base.Printable;
import org.djlift.internal.base.StrictJson;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A model's metadata.json: which versions there are, and which of them is meant.
 *
 * <p>Nothing in it is trusted: what it says of translators and engines is not even read.
 */
final class ZooIndex {

    static final String FILE = "metadata.json";
    /** Several thousand versions, and no more memory than a small heap has. */
    static final int LIMIT = 4 << 20;

    private static final String FORMAT = "0.2";
    private static final int SHOWN = 8;
    private static final String PREFERRED = "fp32";

    private final ZooCoordinates model;
    private final String application;
    private final String where;
    private final List<Entry> live;
    private final List<Entry> yanked;

    private ZooIndex(ZooCoordinates model, String application, Map<?, ?> json, String where) throws ZooException {
        this.model = model;
        this.application = application;
        this.where = where;
        if (!FORMAT.equals(json.get("metadataVersion"))) {
            throw refused("metadataVersion " + FORMAT, json.get("metadataVersion"), null);
        }
        String found = json.get("groupId") + "/" + json.get("artifactId");
        if (!found.equals(model.group() + "/" + model.name())) {
            throw refused("the metadata of " + model.group() + "/" + model.name(), found, null);
        }
        this.live = entries(json.get("artifacts"), "artifacts");
        this.yanked = json.get("yanked") == null ? List.of() : entries(json.get("yanked"), "yanked");
    }

    /**
     * @param application the application that the metadata lies in
     * @param where the file or address, for messages
     */
    static ZooIndex parse(byte[] bytes, ZooCoordinates model, String application, String where) throws ZooException {
        Object json;
        try {
            json = StrictJson.parse(bytes);
        } catch (IllegalArgumentException e) {
            throw new ZooException(
                    ZooException.Reason.REFUSED,
                    where,
                    "metadata of a zoo",
                    "something else (" + e.getMessage() + ")",
                    "publish the model again",
                    e);
        }
        if (!(json instanceof Map)) {
            throw new ZooException(
                    ZooException.Reason.REFUSED,
                    where,
                    "metadata of a zoo",
                    "JSON that is no object",
                    "publish the model again");
        }
        return new ZooIndex(model, application, (Map<?, ?>) json, where);
    }

    /** What fits best: the newest version and, where no precision is asked for, fp32 before others. */
    ZooArtifact choose(ZooCoordinates asked) throws ZooException {
        ZooArtifact best = find(asked, a -> true);
        if (best == null) {
            throw new ZooException(
                    ZooException.Reason.ABSENT,
                    where,
                    described(asked),
                    existing(),
                    "ask for one that is there, or publish it");
        }
        return best;
    }

    /** The same among those of a kind; null if none fits. */
    @Nullable ZooArtifact find(ZooCoordinates asked, Predicate<ZooArtifact> kind) throws ZooException {
        List<Entry> fitting = new ArrayList<>(live);
        if (asked.range().isExact()) {
            fitting.addAll(yanked);
        }
        fitting.removeIf(e -> !asked.range().contains(e.version)
                || asked.precision != null && !asked.precision.equals(e.precision));
        // Stable: what is listed first stays first among equals.
        fitting.sort((a, b) -> {
            int order = ZooRange.compare(b.version, a.version);
            return order != 0 ? order : Boolean.compare(b.isPreferred(), a.isPreferred());
        });
        for (Entry entry : fitting) {
            ZooArtifact artifact = new ZooArtifact(
                    model.withVersion(entry.version).withPrecision(entry.precision),
                    application,
                    yanked.contains(entry),
                    entry.json,
                    where);
            if (kind.test(artifact)) {
                return artifact;
            }
        }
        return null;
    }

    private List<Entry> entries(@Nullable Object value, String key) throws ZooException {
        if (!(value instanceof List)) {
            throw refused("'" + key + "' as a list", value, null);
        }
        List<Entry> entries = new ArrayList<>();
        for (Object one : (List<?>) value) {
            Map<?, ?> json = one instanceof Map ? (Map<?, ?>) one : Map.of();
            Object version = json.get("version");
            Object properties = json.get("properties");
            Object precision = properties instanceof Map ? ((Map<?, ?>) properties).get("precision") : null;
            // Other tools may list what is no archive of djlift.
            if (version instanceof String
                    && ZooRange.isVersion((String) version)
                    && precision instanceof String
                    && Names.isName((String) precision)) {
                entries.add(new Entry((String) version, (String) precision, json));
            }
        }
        return entries;
    }

    private static String described(ZooCoordinates asked) {
        String version = asked.version == null ? "a version" : "version " + Printable.text(asked.version);
        return version + (asked.precision == null ? "" : " in " + asked.precision);
    }

    /** The versions there are, newest first, with their precisions. */
    private String existing() {
        Map<String, Set<String>> all = new LinkedHashMap<>();
        List<Entry> sorted = new ArrayList<>(live);
        sorted.sort((a, b) -> ZooRange.compare(b.version, a.version));
        sorted.forEach(
                e -> all.computeIfAbsent(e.version, v -> new LinkedHashSet<>()).add(e.precision));
        String list = all.entrySet().stream()
                .limit(SHOWN)
                .map(e -> e.getKey() + " (" + String.join(", ", e.getValue()) + ")")
                .collect(Collectors.joining(", "));
        String more = all.size() > SHOWN ? " and " + (all.size() - SHOWN) + " more" : "";
        String withdrawn =
                yanked.stream().map(e -> e.version).distinct().limit(SHOWN).collect(Collectors.joining(", "));
        return (all.isEmpty() ? "no version" : list + more) + (withdrawn.isEmpty() ? "" : "; yanked: " + withdrawn);
    }

    private ZooException refused(String expected, @Nullable Object found, @Nullable Throwable cause) {
        return new ZooException(
                ZooException.Reason.REFUSED,
                where,
                expected,
                Printable.text(String.valueOf(found)),
                "publish the model again",
                cause);
    }

    /** An artifact as far as it takes to choose it. */
    private static final class Entry {

        private final String version;
        private final String precision;
        private final Map<?, ?> json;

        Entry(String version, String precision, Map<?, ?> json) {
            this.version = version;
            this.precision = precision;
            this.json = json;
        }

        boolean isPreferred() {
            return precision.equals(PREFERRED);
        }
    }
}
