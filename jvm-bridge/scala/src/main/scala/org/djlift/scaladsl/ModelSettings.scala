package org.djlift.scaladsl

import org.djlift.{ModelBuilder, TaskOptions, TextModel}
import org.djlift.data.Calibration

/** How a model is loaded; what is not set is the archive's or the core's own.
  *
  * @param options what calls do that name no options
  * @param intraOpThreads ONNX Runtime's threads within an operator
  * @param device `cpu`, or `gpu0` and so on
  * @param tokenBudget most tokens of a run of the model, padding included
  * @param lookAhead inputs of a stream that are looked at together
  * @param selfTest whether the archive is proven on this JVM as it is loaded
  * @param concurrentRuns runs of the model that a call has at a time
  * @param calibration what a calibration found; what is set besides wins over it
  */
final case class ModelSettings[+P <: TaskOptions](
    options: Option[P] = None,
    intraOpThreads: Option[Int] = None,
    device: Option[String] = None,
    tokenBudget: Option[Int] = None,
    lookAhead: Option[Int] = None,
    selfTest: Boolean = false,
    concurrentRuns: Option[Int] = None,
    calibration: Option[Calibration] = None
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
    builder.selfTest(settings.selfTest).build()
  }
}
