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
    * A text that is null gives None; one that cannot be classified gives a Left, and the stream goes on.
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

  /** Takes one text at a time from many threads, which share runs; without options it adds no latency.
    *
    * @param options how inputs come together
    * @param call what the calls do otherwise than the archive says
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
