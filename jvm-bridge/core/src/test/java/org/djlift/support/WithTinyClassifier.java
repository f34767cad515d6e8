package org.djlift.support;

import org.djlift.TokenClassifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

import java.io.IOException;

/** Tests that share one classifier of the tiny archive. */
public abstract class WithTinyClassifier {

    protected static TokenClassifier classifier;

    @BeforeAll
    static void load() throws IOException {
        classifier = TokenClassifier.load(Tiny.FOLDER);
    }

    @AfterAll
    static void close() {
        classifier.close();
    }
}
