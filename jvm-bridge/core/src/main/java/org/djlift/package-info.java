/**
 * Transformers on the JVM with the results that Hugging Face's libraries give.
 *
 * <p>There is a class for each task: {@link org.djlift.TokenClassifier}, {@link org.djlift.TextClassifier}, {@link
 * org.djlift.TextEmbedder}, {@link org.djlift.SparseEncoder}, {@link org.djlift.CrossEncoder}, {@link
 * org.djlift.QuestionAnswerer}, {@link org.djlift.MaskFiller} and {@link org.djlift.ZeroShotClassifier}.
 */
@NullMarked
package org.djlift;

import org.jspecify.annotations.NullMarked;
