package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{Classified, LatencyOptions, TextException, TokenClassifier => Core}
import org.djlift.archive.Manifest
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
final class TokenClassifier private (core: Core) extends AutoCloseable {

  /** The entities of a text, in its order. */
  def classify(text: String): Seq[Entity] = entities(text, core.classify(text))

  /** The entities of each text, in the order of the texts.
    *
    * @throws java.lang.NullPointerException if a text is null; the message names its index
    * @throws org.djlift.TextException if a text cannot be classified
    */
  def classify(texts: Seq[String]): Seq[Seq[Entity]] =
    texts.zip(Convert.toScala(core.classify(Convert.toJava(texts)))).map { case (text, found) => entities(text, found) }

  /** The entities of each text of a stream, in its order.
    *
    * Texts of like length share runs of the model, equal texts are run once, and the next texts are tokenized while
    * these are run. At most twice [[Settings.lookAhead]] texts are in memory; they are taken on the thread that asks for
    * results.
    */
  def classify(texts: Iterator[String]): Iterator[Seq[Entity]] =
    Convert
      .toScala(core.classify(Convert.toJava(texts), Convert.function[String, String](identity)))
      .zipWithIndex
      .map {
        case (classified, index) if classified.item == null =>
          throw new NullPointerException(s"the text at index $index is null")
        case (classified, _) => entities(classified.item, classified.entities)
      }

  /** Each item of a stream with what was found in its text, in the order of the stream.
    *
    * A text that is null gives None; one that cannot be classified gives a Left, and the stream goes on.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def classifyBy[A](items: Iterator[A])(text: A => String): Iterator[(A, Either[TextException, Option[Seq[Entity]]])] = {
    // The core carries the item only: its text comes along, for it is asked for once.
    val pairs = items.map(item => (item, text(item)))
    Convert
      .toScala(core.classify(Convert.toJava(pairs), Convert.function[(A, String), String](_._2)))
      .map(classified => (classified.item._1, answer(classified)))
  }

  /** A door for one text at a time from many threads; without options it adds no latency. */
  def latency(options: LatencyOptions = LatencyOptions.defaults()): MicroBatcher =
    new MicroBatcher(core.latency(options))

  /** The labels, in the order of the logits. */
  def labels: Seq[String] = Convert.toScala(core.labels)

  /** Most tokens of a window, special tokens included. */
  def maxLength: Int = core.maxLength

  /** The strategy of this classifier. */
  def aggregationStrategy: AggregationStrategy = core.aggregationStrategy

  /** What the archive says about itself. */
  def manifest: Manifest = core.manifest

  /** Waits for the calls under way, then frees the model; later calls fail. */
  override def close(): Unit = core.close()

  override def toString: String = core.toString

  private def answer[A](classified: Classified[(A, String)]): Either[TextException, Option[Seq[Entity]]] =
    if (classified.failure.isPresent) Left(classified.failure.get)
    else Right(Option(classified.entities).map(found => entities(classified.item._2, found)))

  private def entities(text: String, found: java.util.List[org.djlift.data.Entity]): Seq[Entity] =
    Convert.toScala(found).map(entity => Entity.of(text, entity))
}

object TokenClassifier {

  /** Loads a classifier; close it after use.
    *
    * @param path a djlift archive, or a folder with the files of one
    * @throws java.io.IOException if the archive cannot be used; the message says what was expected and what was found
    */
  def load(path: Path, settings: Settings = Settings()): TokenClassifier =
    new TokenClassifier(settings.applyTo(Core.builder(path)).build())

  /** Loads a classifier from where a location leads; close it after use.
    *
    * @param location a path, or coordinates in a zoo: `djlift://group/name/version?precision=fp16`
    * @throws java.io.IOException if there is no such archive, or it cannot be used
    */
  def loadFrom(location: String, settings: Settings = Settings()): TokenClassifier =
    new TokenClassifier(settings.applyTo(Core.builder(location)).build())

  /** Loads a classifier for some work, and closes it after that; `scala.util.Using` does the same in Scala 2.13. */
  def using[A](path: Path, settings: Settings = Settings())(work: TokenClassifier => A): A = {
    val classifier = load(path, settings)
    try work(classifier)
    finally classifier.close()
  }
}
