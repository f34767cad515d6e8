/**
 * Runs transformer models from djlift archives, with the results that Hugging Face's libraries give.
 *
 * <pre>{@code
 * try (TokenClassifier ner = TokenClassifier.builder(Path.of("ner-1.0.0-fp32.zip"))
 *         .options(EntityOptions.defaults().aggregationStrategy(AggregationStrategy.FIRST))
 *         .intraOpThreads(4)
 *         .build()) {
 *     ner.classify("Ada Lovelace met Charles Babbage in London.").forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p>There is a class for each task: {@link org.djlift.TokenClassifier}, {@link org.djlift.TextClassifier}, {@link
 * org.djlift.TextEmbedder}, {@link org.djlift.SparseEncoder}, {@link org.djlift.CrossEncoder}, {@link
 * org.djlift.QuestionAnswerer}, {@link org.djlift.MaskFiller} and {@link org.djlift.ZeroShotClassifier}. Each has
 * {@code load}, which takes the settings of the archive, and {@code builder}, which gives a
 * {@link org.djlift.ModelBuilder} with threads, the device, batch sizes, a calibration, a self-test and signatures.
 * {@link org.djlift.MicroBatcher} takes one input at a time from many threads; {@link org.djlift.Archive} opens an
 * archive without a model.
 *
 * <p>A location is a path, or coordinates such as {@code djlift://group/name/1.0.0} in the zoo that the system property
 * {@code djlift.zoo} or the environment variable {@code DJLIFT_ZOO} names; see {@link org.djlift.zoo.Zoo}.
 *
 * <p>Java 11 or later is needed. Warnings go to SLF4J; add a backend of your choice to see them.
 */
@NullMarked
package org.djlift;

import org.jspecify.annotations.NullMarked;
