package org.djlift.measure;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.djlift.TokenClassifier;
import org.djlift.data.Entity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A short {@link Million}; and a text out of its place, one lost and one doubled are seen by it. */
class MillionTest {

    @Test
    void noTextIsReorderedLostOrDoubled() throws Exception {
        Million.main(new String[] {"30000"});
    }

    @ParameterizedTest
    @CsvSource({
        "swapped, 'text 1501, ''1501'', found that to ''1502'''",
        "lost, 'text 1501, ''1501'', found that to ''1502'''",
        "doubled, 'text 1502, ''1502'', found that to ''1501'''",
        "short, 'text 1999, found no more'",
        "long, 'expected 2000 answers, found one more'",
    })
    void aTextOutOfItsPlaceIsSeen(String fault, String said) throws Exception {
        List<List<Entity>> answers = new ArrayList<>();
        try (TokenClassifier classifier = Million.load(1)) {
            classifier.classify(Million.texts(2000)).forEachRemaining(answers::add);
        }
        Million.check(answers.iterator(), 2000);
        switch (fault) {
            case "swapped":
                Collections.swap(answers, 1501, 1502);
                break;
            case "lost":
                answers.remove(1501);
                break;
            case "doubled":
                answers.add(1502, answers.get(1501));
                break;
            case "short":
                answers.remove(1999);
                break;
            default:
                answers.add(answers.get(1999));
                break;
        }
        IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> Million.check(answers.iterator(), 2000));
        assertTrue(e.getMessage().contains(said), e.getMessage());
    }
}
