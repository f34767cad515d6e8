package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{FillOptions, LatencyOptions, TextException, MaskFiller => Core}

/** Fills masks in texts, with Scala's collections; all work is done by [[org.djlift.MaskFiller]].
  *
  * {{{
  * MaskFiller.using(Paths.get("bert-1.0.0-fp32.zip")) { filler =>
  *   println(filler.fill("Paris is the " + filler.mask + " of France.").head.head.text)
  * }
  * }}}
  *
  * The result has a sequence for each mask: tokens by falling score.
  */
final class MaskFiller private (core: Core) extends Model(core) {

  /** The tokens for each mask of a text. */
  def fill(text: String, options: FillOptions = FillOptions.defaults()): Seq[Seq[MaskFill]] =
    Results.fills(core.fill(text, options))

  /** The tokens for each mask of each text, in the order of the texts.
    *
    * @throws org.djlift.TextException if a text cannot be filled
    */
  def fillAll(texts: Seq[String], options: FillOptions = FillOptions.defaults()): Seq[Seq[Seq[MaskFill]]] =
    Convert.toScala(core.fill(Convert.toJava(texts), options)).map(Results.fills(_))

  /** Each item of a stream with the tokens for the masks of its text, in the order of the stream.
    *
    * The result is Right(Some) with the output, Right(None) if the text is null, and Left if it cannot be filled: it is
    * longer than `maxCharacters`, or the tokenizer or the model fails on it ([[org.djlift.TextException]] lists the
    * causes). The stream goes on after each. What the function throws, `next()` throws after the results of the items
    * before it; that item has no result, and the next call goes on with the item after it.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def fillBy[A](items: Iterator[A], options: FillOptions = FillOptions.defaults())(
      text: A => String
  ): Iterator[(A, Either[TextException, Option[Seq[Seq[MaskFill]]]])] =
    Convert
      .toScala(core.fill(Convert.toJava(items), Convert.function(text), options))
      .map(outcome => Model.answer(outcome)(found => Results.fills(found)))

  /** Returns a function that takes one text at a time from many threads. Those that come while the model is busy share
    * its next run; with the default options none waits longer than that. Make one function for all threads; it works
    * while the model is open, and throws what a call of the model throws.
    *
    * @param options how long an input waits for others, and how many share a run
    * @param call options of all calls of the function, laid over those of the settings
    */
  def latency(
      options: LatencyOptions = LatencyOptions.defaults(),
      call: FillOptions = FillOptions.defaults()
  ): String => Seq[Seq[MaskFill]] = {
    val batcher = core.latency(options)
    text => Results.fills(batcher.run(text, call))
  }

  /** What marks a place to fill, such as `[MASK]`. */
  def mask: String = core.mask
}

object MaskFiller
    extends Loading[MaskFiller, Core, String, FillOptions](
      (path: Path) => Core.builder(path),
      (location: String) => Core.builder(location),
      core => new MaskFiller(core)
    )
