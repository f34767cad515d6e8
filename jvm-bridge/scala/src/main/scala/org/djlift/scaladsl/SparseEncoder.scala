package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{LatencyOptions, SparseOptions, TextException, SparseEncoder => Core}

/** Texts to weighted tokens, with Scala's collections; all work is done by [[org.djlift.SparseEncoder]].
  *
  * {{{
  * SparseEncoder.using(Paths.get("splade-1.0.0-fp32.zip")) { encoder =>
  *   encoder.encode("Rain stopped play.").foreach(println)
  * }
  * }}}
  *
  * Tokens come by falling weight.
  */
final class SparseEncoder private (core: Core) extends Model(core) {

  /** The tokens of a text. */
  def encode(text: String, options: SparseOptions = SparseOptions.defaults()): Seq[TokenWeight] =
    Results.weights(core.encode(text, options))

  /** The tokens of each text, in the order of the texts.
    *
    * @throws java.lang.NullPointerException if a text is null; the message names its index
    * @throws org.djlift.TextException if a text cannot be encoded
    */
  def encodeAll(texts: Seq[String], options: SparseOptions = SparseOptions.defaults()): Seq[Seq[TokenWeight]] =
    Convert.toScala(core.encode(Convert.toJava(texts), options)).map(Results.weights(_))

  /** The tokens of each text of a stream, in its order and in bounded memory. */
  def encodeAll(texts: Iterator[String]): Iterator[Seq[TokenWeight]] = encodeAll(texts, SparseOptions.defaults())

  /** The same with options. */
  def encodeAll(texts: Iterator[String], options: SparseOptions): Iterator[Seq[TokenWeight]] =
    Convert.toScala(core.encode(Convert.toJava(texts), options)).map(Results.weights(_))

  /** Each item of a stream with the tokens of its text, in the order of the stream.
    *
    * A text that is null gives None; one that cannot be encoded gives a Left, and the stream goes on.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def encodeBy[A](items: Iterator[A], options: SparseOptions = SparseOptions.defaults())(
      text: A => String
  ): Iterator[(A, Either[TextException, Option[Seq[TokenWeight]]])] =
    Convert
      .toScala(core.encode(Convert.toJava(items), Convert.function(text), options))
      .map(outcome => Model.answer(outcome)(found => Results.weights(found)))

  /** Takes one text at a time from many threads, which share runs; without options it adds no latency.
    *
    * @param options how inputs come together
    * @param call what the calls do otherwise than the archive says
    */
  def latency(
      options: LatencyOptions = LatencyOptions.defaults(),
      call: SparseOptions = SparseOptions.defaults()
  ): String => Seq[TokenWeight] = {
    val batcher = core.latency(options)
    text => Results.weights(batcher.run(text, call))
  }
}

object SparseEncoder
    extends Loading[SparseEncoder, Core, String, SparseOptions](
      (path: Path) => Core.builder(path),
      (location: String) => Core.builder(location),
      core => new SparseEncoder(core)
    )
