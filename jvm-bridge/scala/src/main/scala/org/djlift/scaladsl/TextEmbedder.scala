package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{EmbeddingOptions, LatencyDoor, LatencyOptions, Manifest, Outcome, TextException, TextEmbedder => Core}

/** A text embedder, with Scala's collections; all work is done by [[org.djlift.TextEmbedder]].
  *
  * {{{
  * TextEmbedder.using(Paths.get("embed-minilm-1.0.0-fp32.zip")) { embedder =>
  *   embedder.embed("Ada Lovelace met Charles Babbage in London.")
  * }
  * }}}
  *
  * Any number of threads may use an embedder.
  */
final class TextEmbedder private (core: Core) extends AutoCloseable {

  /** The vector of a text. */
  def embed(text: String): Array[Float] = core.embed(text)

  /** The vector of a text with a prompt of the model before it, one of [[prompts]]. */
  def embed(text: String, promptName: String): Array[Float] = core.embed(text, promptName)

  /** The vector of each text, in the order of the texts.
    *
    * @throws java.lang.NullPointerException if a text is null; the message names its index
    * @throws org.djlift.TextException if a text cannot be embedded
    */
  def embed(texts: Seq[String]): Seq[Array[Float]] = embed(texts, EmbeddingOptions.defaults())

  /** The same with options of their own. */
  def embed(texts: Seq[String], options: EmbeddingOptions): Seq[Array[Float]] =
    Convert.toScala(core.embed(Convert.toJava(texts), options))

  /** The vector of each text of a stream, in its order and in bounded memory. */
  def embed(texts: Iterator[String]): Iterator[Array[Float]] = Convert.toScala(core.embed(Convert.toJava(texts)))

  /** Each item of a stream with the vector of its text, in the order of the stream.
    *
    * A text that is null gives None; one that cannot be embedded gives a Left, and the stream goes on.
    *
    * @param text gives the text of an item, or null; called once for an item
    */
  def embedBy[A](items: Iterator[A])(text: A => String): Iterator[(A, Either[TextException, Option[Array[Float]]])] =
    Convert
      .toScala(core.embed(Convert.toJava(items), Convert.function[A, String](text)))
      .map((outcome: Outcome[A, Array[Float]]) =>
        (outcome.item, if (outcome.failure.isPresent) Left(outcome.failure.get) else Right(Option(outcome.output))))

  /** A door for one text at a time from many threads; without options it adds no latency. */
  def latency(options: LatencyOptions = LatencyOptions.defaults()): LatencyDoor[String, Array[Float]] =
    core.latency(options)

  /** Numbers of a vector. */
  def dimension: Int = core.dimension

  /** The prompts that the model names. */
  def prompts: Map[String, String] =
    Convert.toScala(core.prompts.entrySet.iterator).map(entry => (entry.getKey, entry.getValue)).toMap

  /** Most tokens of a text, prompt and special tokens included. */
  def maxLength: Int = core.maxLength

  /** What the archive says about itself. */
  def manifest: Manifest = core.manifest

  /** Waits for the calls under way, then frees the model; later calls fail. */
  override def close(): Unit = core.close()

  override def toString: String = core.toString
}

object TextEmbedder {

  /** Loads an embedder; close it after use.
    *
    * @param path a djlift archive, or a folder with the files of one
    * @throws java.io.IOException if the archive cannot be used; the message says what was expected and what was found
    */
  def load(path: Path, settings: TaskSettings = TaskSettings()): TextEmbedder =
    new TextEmbedder(settings.applyTo(Core.builder(path)).build())

  /** Loads an embedder from where a location leads; close it after use.
    *
    * @param location a path, or coordinates in a zoo: `djlift://group/name/version?precision=fp16`
    * @throws java.io.IOException if there is no such archive, or it cannot be used
    */
  def loadFrom(location: String, settings: TaskSettings = TaskSettings()): TextEmbedder =
    new TextEmbedder(settings.applyTo(Core.builder(location)).build())

  /** Loads an embedder for some work, and closes it after that. */
  def using[A](path: Path, settings: TaskSettings = TaskSettings())(work: TextEmbedder => A): A = {
    val embedder = load(path, settings)
    try work(embedder)
    finally embedder.close()
  }
}
