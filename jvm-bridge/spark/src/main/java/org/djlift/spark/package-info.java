/**
 * Stages of Spark ML that run djlift archives: eight stages for eight tasks.
 *
 * <ul>
 *   <li>{@link org.djlift.spark.TokenClassificationTransformer} finds named entities and other labelled parts of texts.
 *   <li>{@link org.djlift.spark.TextClassificationTransformer} labels texts, or pairs of texts.
 *   <li>{@link org.djlift.spark.TextEmbeddingTransformer} gives the vectors of texts.
 *   <li>{@link org.djlift.spark.SparseEmbeddingTransformer} gives the weighted tokens of texts.
 *   <li>{@link org.djlift.spark.TextRankingTransformer} scores pairs of a query and a text.
 *   <li>{@link org.djlift.spark.ZeroShotClassificationTransformer} scores labels that the caller names.
 *   <li>{@link org.djlift.spark.QuestionAnsweringTransformer} finds the answers to questions in contexts.
 *   <li>{@link org.djlift.spark.FillMaskTransformer} finds the tokens that fit in the masks of texts.
 * </ul>
 *
 * <p>All have the parameters of {@link org.djlift.spark.SharedParams}; {@link org.djlift.spark.DjliftPlugin} reports
 * metrics.
 */
package org.djlift.spark;
