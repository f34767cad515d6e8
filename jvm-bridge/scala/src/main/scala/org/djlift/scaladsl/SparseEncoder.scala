package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{LatencyOptions, Manifest, Outcome, SparseOptions, TextException, TokenWeight, SparseEncoder => Core}

/** A sparse encoder, with Scala's collections; all work is done by [[org.djlift.SparseEncoder]].
  *
  * Any number of threads may use an encoder.
  */
final class SparseEncoder private (core: Core) extends AutoCloseable {

  /** The tokens of a text by falling weight. */
  def encode(text: String): Seq[TokenWeight] = Convert.toScala(core.encode(text))

  /** The tokens of each text, in the order of the texts.
    *
    * @throws java.lang.NullPointerException if a text is null; the message names its index
    * @throws org.djlift.TextException if a text cannot be encoded
    */
  def encode(texts: Seq[String]): Seq[Seq[TokenWeight]] = encode(texts, SparseOptions.defaults())

  /** The same with options of their own. */
  def encode(texts: Seq[String], options: SparseOptions): Seq[Seq[TokenWeight]] =
    Convert.toScala(core.encode(Convert.toJava(texts), options)).map(Convert.toScala(_))

  /** The tokens of each text of a stream, in its order and in bounded memory. */
  def encode(texts: Iterator[String]): Iterator[Seq[TokenWeight]] =
    Convert.toScala(core.encode(Convert.toJava(texts))).map(Convert.toScala(_))

  /** Each item of a stream with the tokens of its text, in the order of the stream.
    *
    * A text that is null gives None; one that cannot be encoded gives a Left, and the stream goes on.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def encodeBy[A](items: Iterator[A])(text: A => String): Iterator[(A, Either[TextException, Option[Seq[TokenWeight]]])] =
    Convert
      .toScala(core.encode(Convert.toJava(items), Convert.function[A, String](text)))
      .map((outcome: Outcome[A, java.util.List[TokenWeight]]) =>
        (
          outcome.item,
          if (outcome.failure.isPresent) Left(outcome.failure.get)
          else Right(Option(outcome.output).map(Convert.toScala(_)))
        ))

  /** A door for one text at a time from many threads; without options it adds no latency. */
  def latency(options: LatencyOptions = LatencyOptions.defaults()): String => Seq[TokenWeight] = {
    val door = core.latency(options)
    text => Convert.toScala(door.run(text))
  }

  /** Most tokens of a text, prompt and special tokens included. */
  def maxLength: Int = core.maxLength

  /** What the archive says about itself. */
  def manifest: Manifest = core.manifest

  /** Waits for the calls under way, then frees the model; later calls fail. */
  override def close(): Unit = core.close()

  override def toString: String = core.toString
}

object SparseEncoder {

  /** Loads an encoder; close it after use.
    *
    * @param path a djlift archive, or a folder with the files of one
    * @throws java.io.IOException if the archive cannot be used; the message says what was expected and what was found
    */
  def load(path: Path, settings: TaskSettings = TaskSettings()): SparseEncoder =
    new SparseEncoder(settings.applyTo(Core.builder(path)).build())

  /** Loads an encoder from where a location leads; close it after use.
    *
    * @param location a path, or coordinates in a zoo: `djlift://group/name/version?precision=fp16`
    * @throws java.io.IOException if there is no such archive, or it cannot be used
    */
  def loadFrom(location: String, settings: TaskSettings = TaskSettings()): SparseEncoder =
    new SparseEncoder(settings.applyTo(Core.builder(location)).build())

  /** Loads an encoder for some work, and closes it after that. */
  def using[A](path: Path, settings: TaskSettings = TaskSettings())(work: SparseEncoder => A): A = {
    val encoder = load(path, settings)
    try work(encoder)
    finally encoder.close()
  }
}
