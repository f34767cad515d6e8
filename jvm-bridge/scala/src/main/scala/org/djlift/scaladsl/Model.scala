package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{ModelBuilder, Outcome, TaskOptions, TextException, TextModel => Core}
import org.djlift.archive.Manifest

/** The base class of the models of all tasks. Any number of threads may use one model. */
abstract class Model private[scaladsl] (core: Core[_, _, _]) extends AutoCloseable {

  /** How many tokens the model reads at most, special tokens included. A longer text is cut there, unless its options
    * split it into windows.
    */
  def maxLength: Int = core.maxLength

  /** The manifest of the archive: its name, version, task, precision and files. */
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

/** Loads the models of a task from their archives.
  *
  * @tparam W the model of this package
  * @tparam M the model of the core that it wraps
  * @tparam I the input of the core's model
  * @tparam P the options of a call
  */
abstract class Loading[W <: AutoCloseable, M <: Core[I, _, P], I, P <: TaskOptions] private[scaladsl] (
    byPath: Path => ModelBuilder[M, I, P],
    byLocation: String => ModelBuilder[M, I, P],
    wrap: M => W
) {

  /** Loads a model; close it after use.
    *
    * @param path a djlift archive, or a folder with the files of one
    * @throws org.djlift.archive.ArchiveException if it is no djlift archive, is altered, is of another task, or fails
    *   its self-test; the message says what was expected and what was found
    * @throws java.io.IOException if a file cannot be read or written
    * @throws java.lang.IllegalArgumentException if a setting makes no sense, or an option does not fit the model
    */
  def load(path: Path, settings: ModelSettings[P] = ModelSettings()): W =
    wrap(ModelSettings.build[M, I, P](byPath(path), settings))

  /** Loads a model by its path, or from the zoo that the system property `djlift.zoo` or the environment variable
    * `DJLIFT_ZOO` names; close it after use.
    *
    * @param location a path, or coordinates in a zoo: `djlift://group/name/version?precision=fp16`
    * @throws org.djlift.zoo.ZooException if no zoo is named, or it cannot give the archive; its reason says why
    * @throws org.djlift.archive.ArchiveException if it is no djlift archive, is altered, is of another task, or fails
    *   its self-test
    * @throws java.io.IOException if a file cannot be read or written
    * @throws java.lang.IllegalArgumentException if the location begins with `djlift:` and is malformed, a setting makes
    *   no sense, or an option does not fit the model
    */
  def loadFrom(location: String, settings: ModelSettings[P] = ModelSettings()): W =
    wrap(ModelSettings.build[M, I, P](byLocation(location), settings))

  /** Loads a model, does some work with it and closes it; throws what [[load]] and the work throw.
    *
    * Use up iterators within the work: their results are computed as they are asked for, and after the work `next()`
    * throws an [[java.lang.IllegalStateException]]. In Scala 2.13 and 3, `scala.util.Using` works with models too.
    */
  def using[A](path: Path, settings: ModelSettings[P] = ModelSettings())(work: W => A): A = {
    val model = load(path, settings)
    try work(model)
    finally model.close()
  }
}
