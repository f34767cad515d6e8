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

  /** The same with options, which are laid over those of the settings. */
  def encodeAll(texts: Iterator[String], options: SparseOptions): Iterator[Seq[TokenWeight]] =
    Convert.toScala(core.encode(Convert.toJava(texts), options)).map(Results.weights(_))

  /** Each item of a stream with the tokens of its text, in the order of the stream.
    *
    * The result is Right(Some) with the output, Right(None) if the text is null, and Left if it cannot be encoded: it
    * is longer than `maxCharacters`, or the tokenizer or the model fails on it ([[org.djlift.TextException]] lists the
    * causes). The stream goes on after each. What the function throws, `next()` throws after the results of the items
    * before it; that item has no result, and the next call goes on with the item after it.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def encodeBy[A](items: Iterator[A], options: SparseOptions = SparseOptions.defaults())(
      text: A => String
  ): Iterator[(A, Either[TextException, Option[Seq[TokenWeight]]])] =
    Convert
      .toScala(core.encode(Convert.toJava(items), Convert.function(text), options))
      .map(outcome => Model.answer(outcome)(found => Results.weights(found)))

  /** Returns a function that takes one text at a time from many threads. Those that come while the model is busy share
    * its next run; with the default options none waits longer than that. Make one function for all threads; it works
    * while the model is open, and throws what a call of the model throws.
    *
    * @param options how long an input waits for others, and how many share a run
    * @param call options of all calls of the function, laid over those of the settings
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
