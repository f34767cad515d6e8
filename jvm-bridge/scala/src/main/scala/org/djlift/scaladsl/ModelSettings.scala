package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{ModelBuilder, TaskOptions, TextModel}
import org.djlift.data.Calibration

/** Settings with which a model is loaded, those of [[org.djlift.ModelBuilder]]. What is None is as the archive or the
  * core has it. A setting that makes no sense is refused when the model is loaded, with an
  * [[java.lang.IllegalArgumentException]].
  *
  * @param options options of all calls. Each option is looked up in the options of the call, then in these, then in the
  *   archive
  * @param intraOpThreads how many threads ONNX Runtime uses within an operator; 0 lets it choose, as None does
  * @param device the device that the model runs on: `cpu`, the default, or `gpu0` and so on, which needs ONNX Runtime's
  *   GPU jar
  * @param tokenBudget how many tokens one run of the model takes at most, padding included; a longer text runs alone.
  *   1024 by default
  * @param lookAhead how many inputs of a stream or a list are sorted by length together; 512 by default
  * @param selfTest whether loading runs every golden text of the archive and compares the outputs with those of
  *   PyTorch; it takes time at each loading, and an [[org.djlift.archive.ArchiveException]] is thrown if it fails
  * @param concurrentRuns how many runs of the model a call has at a time, each on a thread of its own; 1 by default
  * @param calibration the token budget, concurrent runs and threads within an operator that
  *   [[org.djlift.ModelBuilder]]'s `calibrate` found fastest. Those that are set here win over it. If it was made with
  *   another number of processors, a warning goes to SLF4J; of which archive it is, is not checked
  * @param maxCharacters how many UTF-16 units an input may have; a longer one fails with an
  *   [[org.djlift.TextException]] before it is tokenized. No limit by default
  * @param interOpThreads how many threads ONNX Runtime uses to run operators side by side; 0 lets it choose, as None
  *   does
  * @param optimizationLevel how far ONNX Runtime optimizes the graph: `NO_OPT`, `BASIC_OPT`, `EXTENDED_OPT` or
  *   `ALL_OPT`
  * @param trustKey the P-256 public key in PEM that must have signed the archive; without a valid signature of it,
  *   loading throws an [[org.djlift.archive.SignatureRefusedException]]
  * @param signature the file of the signature, by default the one beside the archive, such as `model.zip.sig`; without
  *   `trustKey`, loading throws an [[java.lang.IllegalStateException]]
  * @param profile the start of the path of a file in which ONNX Runtime says which operator ran where and how long;
  *   it adds the time and `.json`, and the file is complete once the model is closed
  */
final case class ModelSettings[+P <: TaskOptions](
    options: Option[P] = None,
    intraOpThreads: Option[Int] = None,
    device: Option[String] = None,
    tokenBudget: Option[Int] = None,
    lookAhead: Option[Int] = None,
    selfTest: Boolean = false,
    concurrentRuns: Option[Int] = None,
    calibration: Option[Calibration] = None,
    maxCharacters: Option[Int] = None,
    interOpThreads: Option[Int] = None,
    optimizationLevel: Option[String] = None,
    trustKey: Option[Path] = None,
    signature: Option[Path] = None,
    profile: Option[Path] = None
)

object ModelSettings {

  private[scaladsl] def build[M <: TextModel[I, _, P], I, P <: TaskOptions](
      builder: ModelBuilder[M, I, P],
      settings: ModelSettings[P]
  ): M = {
    settings.options.foreach(builder.options)
    settings.calibration.foreach(builder.calibration)
    settings.concurrentRuns.foreach(builder.concurrentRuns)
    settings.intraOpThreads.foreach(builder.intraOpThreads)
    settings.device.foreach(builder.device)
    settings.tokenBudget.foreach(builder.tokenBudget)
    settings.lookAhead.foreach(builder.lookAhead)
    settings.maxCharacters.foreach(builder.maxCharacters)
    settings.interOpThreads.foreach(builder.interOpThreads)
    settings.optimizationLevel.foreach(builder.optimizationLevel)
    settings.trustKey.foreach(builder.trustKey)
    settings.signature.foreach(builder.signature)
    settings.profile.foreach(builder.profile)
    builder.selfTest(settings.selfTest).build()
  }
}
