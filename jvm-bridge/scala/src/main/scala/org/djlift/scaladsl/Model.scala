package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{ModelBuilder, Outcome, TaskOptions, TextException, TextModel => Core}
import org.djlift.archive.Manifest

/** What the models of all tasks have in common. Any number of threads may use one. */
abstract class Model private[scaladsl] (core: Core[_, _, _]) extends AutoCloseable {

  /** Most tokens of a window, special tokens included. */
  def maxLength: Int = core.maxLength

  /** What the archive says about itself. */
  def manifest: Manifest = core.manifest

  /** Waits for the calls under way, then frees the model; later calls fail. */
  override def close(): Unit = core.close()

  override def toString: String = core.toString
}

private[scaladsl] object Model {

  /** An item of a stream with its output: None where its input is null, a Left where it cannot be run. */
  def answer[A, O, R](outcome: Outcome[A, O])(result: O => R): (A, Either[TextException, Option[R]]) =
    if (outcome.failure.isPresent) (outcome.item, Left(outcome.failure.get))
    else (outcome.item, Right(if (outcome.output.isPresent) Some(result(outcome.output.get)) else None))
}

/** How a model is loaded from its archive. */
abstract class Loading[W <: AutoCloseable, M <: Core[I, _, P], I, P <: TaskOptions] private[scaladsl] (
    byPath: Path => ModelBuilder[M, I, P],
    byLocation: String => ModelBuilder[M, I, P],
    wrap: M => W
) {

  /** Loads a model; close it after use.
    *
    * @param path a djlift archive, or a folder with the files of one
    * @throws java.io.IOException if the archive cannot be used; the message says what was expected and what was found
    */
  def load(path: Path, settings: ModelSettings[P] = ModelSettings()): W =
    wrap(ModelSettings.build[M, I, P](byPath(path), settings))

  /** Loads a model from where a location leads; close it after use.
    *
    * @param location a path, or coordinates in a zoo: `djlift://group/name/version?precision=fp16`
    * @throws java.io.IOException if there is no such archive, or it cannot be used
    */
  def loadFrom(location: String, settings: ModelSettings[P] = ModelSettings()): W =
    wrap(ModelSettings.build[M, I, P](byLocation(location), settings))

  /** Loads a model for some work, and closes it after that; `scala.util.Using` does the same in Scala 2.13. */
  def using[A](path: Path, settings: ModelSettings[P] = ModelSettings())(work: W => A): A = {
    val model = load(path, settings)
    try work(model)
    finally model.close()
  }
}
