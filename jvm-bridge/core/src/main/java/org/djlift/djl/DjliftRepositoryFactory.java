package org.djlift.djl;

import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;

import org.djlift.zoo.Zoo;
import org.djlift.zoo.ZooCoordinates;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Set;

/**
 * Lets DJL read {@code djlift://group/name/version?precision=fp16}, as in {@code Criteria.optModelUrls}: a model of the
 * zoo that the system property {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names.
 *
 * <p>DJL finds it by itself. In its list of addresses a range is percent-encoded: {@code
 * ZooCoordinates.of(group, name).withVersion("[1.0,2.0)").toString()}.
 *
 * <p>{@code djlift:///models/ner-1.0.0-fp32.zip} is the zip at that path, whatever DJL has seen there before.
 */
public final class DjliftRepositoryFactory implements RepositoryFactory {

    /** Makes a factory; DJL does so by the name of the class. */
    public DjliftRepositoryFactory() {}

    /**
     * Gives the repository of a model or a zip; nothing is read yet.
     *
     * @throws IllegalArgumentException if the address is none of a model
     * @throws UncheckedIOException if no zoo is set
     */
    @Override
    public Repository newInstance(String name, URI uri) {
        if (uri.getRawAuthority() == null
                && uri.getPath() != null
                && uri.getPath().endsWith(".zip")) {
            return new ZipRepository(name, uri, Path.of(URI.create("file://" + uri.getRawPath())));
        }
        ZooCoordinates asked = ZooCoordinates.parse(uri.toString());
        try {
            return new ZooRepository(name, asked, Zoo.configured());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Set<String> getSupportedScheme() {
        return Set.of(ZooCoordinates.SCHEME);
    }
}
