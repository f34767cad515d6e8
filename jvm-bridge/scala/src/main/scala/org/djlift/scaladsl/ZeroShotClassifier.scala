package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{LatencyOptions, TextException, ZeroShotOptions, ZeroShotClassifier => Core}
import org.djlift.data.ZeroShotInput

/** A classifier by labels that are named with each text, with Scala's collections; all work is done by
  * [[org.djlift.ZeroShotClassifier]].
  *
  * {{{
  * ZeroShotClassifier.using(Paths.get("nli-1.0.0-fp32.zip")) { topics =>
  *   println(topics.classify("Rain stopped play.", Seq("sport", "politics")).head)
  * }
  * }}}
  *
  * Labels come by falling score. No label stands for those of the archive.
  */
final class ZeroShotClassifier private (core: Core) extends Model(core) {

  /** The labels of a text. */
  def classify(
      text: String,
      labels: Seq[String] = Nil,
      options: ZeroShotOptions = ZeroShotOptions.defaults()
  ): Seq[LabelScore] = Results.labels(core.classify(input(text, labels), options))

  /** The labels of each text, in the order of the texts.
    *
    * @throws java.lang.NullPointerException if a text is null; the message names its index
    * @throws org.djlift.TextException if a text cannot be classified
    */
  def classifyAll(
      texts: Seq[String],
      labels: Seq[String] = Nil,
      options: ZeroShotOptions = ZeroShotOptions.defaults()
  ): Seq[Seq[LabelScore]] =
    Convert
      .toScala(core.classifyInputs(Convert.toJava(texts.map(input(_, labels))), options))
      .map(Results.labels(_))

  /** Each item of a stream with the labels of its text, in the order of the stream and in bounded memory.
    *
    * The result is Right(Some) with the output, Right(None) if the text is null, and Left if it cannot be classified:
    * it is longer than `maxCharacters`, or the tokenizer or the model fails on it ([[org.djlift.TextException]] lists
    * the causes). The stream goes on after each. What the function throws, `next()` throws after the results of the
    * items before it; that item has no result, and the next call goes on with the item after it.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def classifyBy[A](
      items: Iterator[A],
      labels: Seq[String] = Nil,
      options: ZeroShotOptions = ZeroShotOptions.defaults()
  )(text: A => String): Iterator[(A, Either[TextException, Option[Seq[LabelScore]]])] =
    Convert
      .toScala(core.classifyInputs(Convert.toJava(items), Convert.function((item: A) => input(text(item), labels)), options))
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
      call: ZeroShotOptions = ZeroShotOptions.defaults()
  ): (String, Seq[String]) => Seq[LabelScore] = {
    val batcher = core.latency(options)
    (text, labels) => Results.labels(batcher.run(input(text, labels), call))
  }

  private def input(text: String, labels: Seq[String]): ZeroShotInput =
    if (text == null) null
    else if (labels.isEmpty) ZeroShotInput.of(text)
    else ZeroShotInput.of(text, Convert.toJava(labels))
}

object ZeroShotClassifier
    extends Loading[ZeroShotClassifier, Core, ZeroShotInput, ZeroShotOptions](
      (path: Path) => Core.builder(path),
      (location: String) => Core.builder(location),
      core => new ZeroShotClassifier(core)
    )
