package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{ClassificationOptions, LatencyOptions, TextException, TextClassifier => Core}
import org.djlift.data.TextPair

/** A text classifier, with Scala's collections; all work is done by [[org.djlift.TextClassifier]].
  *
  * {{{
  * TextClassifier.using(Paths.get("mood-1.0.0-fp32.zip")) { mood =>
  *   println(mood.classify("What a day!").head.label)
  * }
  * }}}
  *
  * Labels come by falling score.
  */
final class TextClassifier private (core: Core) extends Model(core) {

  /** The labels of a text. */
  def classify(text: String, options: ClassificationOptions = ClassificationOptions.defaults()): Seq[LabelScore] =
    Results.labels(core.classify(text, options))

  /** The labels of a pair of texts. */
  def classifyPair(
      text: String,
      pair: String,
      options: ClassificationOptions = ClassificationOptions.defaults()
  ): Seq[LabelScore] = Results.labels(core.classify(TextPair.of(text, pair), options))

  /** The labels of each text, in the order of the texts.
    *
    * @throws java.lang.NullPointerException if a text is null; the message names its index
    * @throws org.djlift.TextException if a text cannot be classified
    */
  def classifyAll(
      texts: Seq[String],
      options: ClassificationOptions = ClassificationOptions.defaults()
  ): Seq[Seq[LabelScore]] = Convert.toScala(core.classify(Convert.toJava(texts), options)).map(Results.labels(_))

  /** The labels of each pair, in the order of the pairs. */
  def classifyPairs(
      pairs: Seq[(String, String)],
      options: ClassificationOptions = ClassificationOptions.defaults()
  ): Seq[Seq[LabelScore]] = {
    val given_ = Convert.toJava(pairs.map { case (text, pair) => TextPair.of(text, pair) })
    Convert.toScala(core.classifyPairs(given_, options)).map(Results.labels(_))
  }

  /** The labels of each text of a stream, in its order and in bounded memory. */
  def classifyAll(texts: Iterator[String]): Iterator[Seq[LabelScore]] = classifyAll(texts, ClassificationOptions.defaults())

  /** The same with options, which are laid over those of the settings. */
  def classifyAll(texts: Iterator[String], options: ClassificationOptions): Iterator[Seq[LabelScore]] =
    Convert.toScala(core.classify(Convert.toJava(texts), options)).map(Results.labels(_))

  /** Each item of a stream with the labels of its text, in the order of the stream.
    *
    * The result is Right(Some) with the output, Right(None) if the text is null, and Left if it cannot be classified:
    * it is longer than `maxCharacters`, or the tokenizer or the model fails on it ([[org.djlift.TextException]] lists
    * the causes). The stream goes on after each. What the function throws, `next()` throws after the results of the
    * items before it; that item has no result, and the next call goes on with the item after it.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def classifyBy[A](items: Iterator[A], options: ClassificationOptions = ClassificationOptions.defaults())(
      text: A => String
  ): Iterator[(A, Either[TextException, Option[Seq[LabelScore]]])] =
    Convert
      .toScala(core.classify(Convert.toJava(items), Convert.function(text), options))
      .map(outcome => Model.answer(outcome)(found => Results.labels(found)))

  /** Returns a function that takes one text at a time from many threads. Those that come while the model is busy share
    * its next run; with the default options none waits longer than that. Make one function for all threads; it works
    * while the model is open, and throws what a call of the model throws.
    *
    * @param options how long an input waits for others, and how many share a run
    * @param call options of all calls of the function, laid over those of the settings
    */
  def latency(
      options: LatencyOptions = LatencyOptions.defaults(),
      call: ClassificationOptions = ClassificationOptions.defaults()
  ): String => Seq[LabelScore] = {
    val batcher = core.latency(options)
    text => Results.labels(batcher.run(TextPair.of(text), call))
  }

  /** The labels, in the order of the logits. */
  def labels: Seq[String] = Convert.toScala(core.labels)
}

object TextClassifier
    extends Loading[TextClassifier, Core, TextPair, ClassificationOptions](
      (path: Path) => Core.builder(path),
      (location: String) => Core.builder(location),
      core => new TextClassifier(core)
    )
