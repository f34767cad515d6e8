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

  /** The same with options. */
  def classifyAll(texts: Iterator[String], options: ClassificationOptions): Iterator[Seq[LabelScore]] =
    Convert.toScala(core.classify(Convert.toJava(texts), options)).map(Results.labels(_))

  /** Each item of a stream with the labels of its text, in the order of the stream.
    *
    * A text that is null gives None; one that cannot be classified gives a Left, and the stream goes on.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def classifyBy[A](items: Iterator[A], options: ClassificationOptions = ClassificationOptions.defaults())(
      text: A => String
  ): Iterator[(A, Either[TextException, Option[Seq[LabelScore]]])] =
    Convert
      .toScala(core.classify(Convert.toJava(items), Convert.function(text), options))
      .map(outcome => Model.answer(outcome)(found => Results.labels(found)))

  /** Takes one text at a time from many threads, which share runs; without options it adds no latency.
    *
    * @param options how inputs come together
    * @param call what the calls do otherwise than the archive says
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
