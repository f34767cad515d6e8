package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{EntityOptions, LatencyOptions, TextException, TokenClassifier => Core}
import org.djlift.data.AggregationStrategy

/** A token classifier, with Scala's collections; all work is done by [[org.djlift.TokenClassifier]].
  *
  * {{{
  * import java.nio.file.Paths
  * import org.djlift.EntityOptions
  * import org.djlift.data.AggregationStrategy
  * import org.djlift.scaladsl.{ModelSettings, TokenClassifier}
  *
  * case class Article(title: String, body: String)
  *
  * val first = EntityOptions.defaults().aggregationStrategy(AggregationStrategy.FIRST)
  * val settings = ModelSettings(options = Some(first), intraOpThreads = Some(4))
  * TokenClassifier.using(Paths.get("ner-1.0.0-fp32.zip"), settings) { ner =>
  *   ner.classify("Ada Lovelace met Charles Babbage in London.").foreach(println)
  *
  *   val articles = Iterator(Article("Limmat", "Zürich lies on the Limmat."), Article("empty", null))
  *   // The options of a call are laid over those of the settings: FIRST stays.
  *   ner.classifyBy(articles, EntityOptions.defaults().stride(64))(_.body).foreach {
  *     case (article, Right(Some(entities))) => println(article.title + ": " + entities)
  *     case (article, Right(None))           => println(article.title + " has no text")
  *     case (article, Left(failure))         => println(article.title + ": " + failure.getMessage)
  *   }
  *
  *   val classify = ner.latency() // one text at a time, from many threads
  *   println(classify("Ada Lovelace met Charles Babbage in London."))
  * }
  * }}}
  *
  * A text that is longer than `maxLength` is cut there; a stride in the options reads all of it. Any number of threads
  * may use a classifier.
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
    * asks for results. `next()` throws a [[org.djlift.TextException]] for a text that cannot be classified and a
    * NullPointerException for null; after that the iterator goes on with the next text.
    */
  def classifyAll(texts: Iterator[String]): Iterator[Seq[Entity]] = classifyAll(texts, EntityOptions.defaults())

  /** The same with options, which are laid over those of the settings. */
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
    * The result is Right(Some) with the output, Right(None) if the text is null, and Left if it cannot be classified:
    * it is longer than `maxCharacters`, or the tokenizer or the model fails on it ([[org.djlift.TextException]] lists
    * the causes). The stream goes on after each. What the function throws, `next()` throws after the results of the
    * items before it; that item has no result, and the next call goes on with the item after it.
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

  /** Returns a function that takes one text at a time from many threads. Those that come while the model is busy share
    * its next run; with the default options none waits longer than that. Make one function for all threads; it works
    * while the model is open, and throws what a call of the model throws.
    *
    * @param options how long an input waits for others, and how many share a run
    * @param call options of all calls of the function, laid over those of the settings
    */
  def latency(
      options: LatencyOptions = LatencyOptions.defaults(),
      call: EntityOptions = EntityOptions.defaults()
  ): String => Seq[Entity] = {
    val batcher = core.latency(options)
    text => entities(text, batcher.run(text, call))
  }

  /** The labels of the model, such as `B-PER`, in the order of the logits. */
  def labels: Seq[String] = Convert.toScala(core.labels)

  /** The aggregation strategy of calls whose options set none. */
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
