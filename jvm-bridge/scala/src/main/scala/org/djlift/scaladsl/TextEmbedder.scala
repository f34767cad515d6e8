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

  /** The same with options. */
  def embedAll(texts: Iterator[String], options: EmbeddingOptions): Iterator[Array[Float]] =
    Convert.toScala(core.embed(Convert.toJava(texts), options))

  /** Each item of a stream with the vector of its text, in the order of the stream.
    *
    * A text that is null gives None; one that cannot be embedded gives a Left, and the stream goes on.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def embedBy[A](items: Iterator[A], options: EmbeddingOptions = EmbeddingOptions.defaults())(text: A => String): Iterator[(A, Either[TextException, Option[Array[Float]]])] =
    Convert
      .toScala(core.embed(Convert.toJava(items), Convert.function(text), options))
      .map(outcome => Model.answer(outcome)(vector => vector))

  /** Takes one text at a time from many threads, which share runs; without options it adds no latency.
    *
    * @param options how inputs come together
    * @param call what the calls do otherwise than the archive says
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
