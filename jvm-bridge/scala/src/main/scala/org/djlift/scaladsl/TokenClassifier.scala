package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{EntityOptions, LatencyOptions, TextException, TokenClassifier => Core}
import org.djlift.data.AggregationStrategy

/** A token classifier, with Scala's collections; all work is done by [[org.djlift.TokenClassifier]].
  *
  * {{{
  * TokenClassifier.using(Paths.get("ner-1.0.0-fp32.zip")) { ner =>
  *   ner.classify("Ada Lovelace met Charles Babbage in London.").foreach(println)
  * }
  * }}}
  *
  * Any number of threads may use a classifier.
  */
final class TokenClassifier private (core: Core) extends Model(core) {

  /** The entities of a text, in its order. */
  def classify(text: String, options: EntityOptions = EntityOptions.defaults()): Seq[Entity] =
    entities(text, core.classify(text, options))

  /** The entities of each text, in the order of the texts.
    *
    * @throws java.lang.NullPointerException if a text is null; the message names its index
    * @throws org.djlift.TextException if a text cannot be classified
    */
  def classifyAll(texts: Seq[String], options: EntityOptions = EntityOptions.defaults()): Seq[Seq[Entity]] =
    texts.zip(Convert.toScala(core.classify(Convert.toJava(texts), options))).map { case (text, found) =>
      entities(text, found)
    }

  /** The entities of each text of a stream, in its order.
    *
    * Texts of like length share runs of the model, equal texts are run once, and the next texts are tokenized while
    * these are run. At most twice [[ModelSettings.lookAhead]] texts are in memory; they are taken on the thread that
    * asks for results.
    */
  def classifyAll(texts: Iterator[String]): Iterator[Seq[Entity]] = classifyAll(texts, EntityOptions.defaults())

  /** The same with options. */
  def classifyAll(texts: Iterator[String], options: EntityOptions): Iterator[Seq[Entity]] =
    Convert
      .toScala(core.classify(Convert.toJava(texts), Convert.function[String, String](identity), options))
      .zipWithIndex
      .map {
        case (outcome, index) if outcome.item == null =>
          throw new NullPointerException(s"the input at index $index is null")
        case (outcome, _) => entities(outcome.item, outcome.output.get)
      }

  /** Each item of a stream with what was found in its text, in the order of the stream.
    *
    * A text that is null gives None; one that cannot be classified gives a Left, and the stream goes on.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def classifyBy[A](items: Iterator[A], options: EntityOptions = EntityOptions.defaults())(
      text: A => String
  ): Iterator[(A, Either[TextException, Option[Seq[Entity]]])] = {
    // The core carries the item only: its text comes along, for it is asked for once.
    val pairs = items.map(item => (item, text(item)))
    Convert
      .toScala(core.classify(Convert.toJava(pairs), Convert.function[(A, String), String](_._2), options))
      .map { outcome =>
        val ((item, source), found) = Model.answer(outcome)(found => found)
        (item, found.map(_.map(entities(source, _))))
      }
  }

  /** Classifies one text at a time from many threads, which share runs; without options it adds no latency.
    *
    * @param options how inputs come together
    * @param call what the calls do otherwise than the archive says
    */
  def latency(
      options: LatencyOptions = LatencyOptions.defaults(),
      call: EntityOptions = EntityOptions.defaults()
  ): String => Seq[Entity] = {
    val batcher = core.latency(options)
    text => entities(text, batcher.run(text, call))
  }

  /** The labels, in the order of the logits. */
  def labels: Seq[String] = Convert.toScala(core.labels)

  /** The strategy of calls that name none. */
  def aggregationStrategy: AggregationStrategy = core.aggregationStrategy

  private def entities(text: String, found: java.util.List[org.djlift.data.Entity]): Seq[Entity] =
    Convert.toScala(found).map(Entity.of(text, _))
}

object TokenClassifier
    extends Loading[TokenClassifier, Core, String, EntityOptions](
      (path: Path) => Core.builder(path),
      (location: String) => Core.builder(location),
      core => new TokenClassifier(core)
    )
