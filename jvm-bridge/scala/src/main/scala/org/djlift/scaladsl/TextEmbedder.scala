package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{EmbeddingOptions, LatencyOptions, TextException, TextEmbedder => Core}

/** Texts to vectors, with Scala's collections; all work is done by [[org.djlift.TextEmbedder]].
  *
  * {{{
  * TextEmbedder.using(Paths.get("minilm-1.0.0-fp32.zip")) { embedder =>
  *   println(embedder.embed("Rain stopped play.").length)
  * }
  * }}}
  */
final class TextEmbedder private (core: Core) extends Model(core) {

  /** The vector of a text. */
  def embed(text: String, options: EmbeddingOptions = EmbeddingOptions.defaults()): Array[Float] =
    core.embed(text, options)

  /** The vector of each text, in the order of the texts.
    *
    * @throws java.lang.NullPointerException if a text is null; the message names its index
    * @throws org.djlift.TextException if a text cannot be embedded
    */
  def embedAll(texts: Seq[String], options: EmbeddingOptions = EmbeddingOptions.defaults()): Seq[Array[Float]] =
    Convert.toScala(core.embed(Convert.toJava(texts), options))

  /** The vector of each text of a stream, in its order and in bounded memory. */
  def embedAll(texts: Iterator[String]): Iterator[Array[Float]] = embedAll(texts, EmbeddingOptions.defaults())

  /** The same with options, which are laid over those of the settings. */
  def embedAll(texts: Iterator[String], options: EmbeddingOptions): Iterator[Array[Float]] =
    Convert.toScala(core.embed(Convert.toJava(texts), options))

  /** Each item of a stream with the vector of its text, in the order of the stream.
    *
    * The result is Right(Some) with the output, Right(None) if the text is null, and Left if it cannot be embedded: it
    * is longer than `maxCharacters`, or the tokenizer or the model fails on it ([[org.djlift.TextException]] lists the
    * causes). The stream goes on after each. What the function throws, `next()` throws after the results of the items
    * before it; that item has no result, and the next call goes on with the item after it.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def embedBy[A](items: Iterator[A], options: EmbeddingOptions = EmbeddingOptions.defaults())(text: A => String): Iterator[(A, Either[TextException, Option[Array[Float]]])] =
    Convert
      .toScala(core.embed(Convert.toJava(items), Convert.function(text), options))
      .map(outcome => Model.answer(outcome)(vector => vector))

  /** Returns a function that takes one text at a time from many threads. Those that come while the model is busy share
    * its next run; with the default options none waits longer than that. Make one function for all threads; it works
    * while the model is open, and throws what a call of the model throws.
    *
    * @param options how long an input waits for others, and how many share a run
    * @param call options of all calls of the function, laid over those of the settings
    */
  def latency(
      options: LatencyOptions = LatencyOptions.defaults(),
      call: EmbeddingOptions = EmbeddingOptions.defaults()
  ): String => Array[Float] = {
    val batcher = core.latency(options)
    text => batcher.run(text, call)
  }

  /** Numbers of a vector. */
  def dimension: Int = core.dimension

  /** The prompts of the model by name. */
  def prompts: Map[String, String] =
    Convert.toScala(core.prompts.entrySet.iterator).map(entry => entry.getKey -> entry.getValue).toMap
}

object TextEmbedder
    extends Loading[TextEmbedder, Core, String, EmbeddingOptions](
      (path: Path) => Core.builder(path),
      (location: String) => Core.builder(location),
      core => new TextEmbedder(core)
    )
