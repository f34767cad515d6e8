package org.djlift.scaladsl

import org.djlift.{TaskBuilder, TextModel => Core}
import org.djlift.data.Calibration

/** How a model of any task but token classification is loaded; what is not set is the archive's or the core's own.
  *
  * @param parameters parameters of calls that name none, a JSON object: key by key they win over the archive's
  * @param intraOpThreads ONNX Runtime's threads within an operator
  * @param device `cpu`, or `gpu0` and so on
  * @param tokenBudget most tokens of a run of the model, padding included
  * @param lookAhead inputs of a stream that are looked at together
  * @param selfTest whether the archive is proven on this JVM as it is loaded
  * @param concurrentRuns runs of the model that a call has at a time
  * @param calibration what a calibration found; what is set besides wins over it
  */
final case class ModelSettings(
    parameters: Option[String] = None,
    intraOpThreads: Option[Int] = None,
    device: Option[String] = None,
    tokenBudget: Option[Int] = None,
    lookAhead: Option[Int] = None,
    selfTest: Boolean = false,
    concurrentRuns: Option[Int] = None,
    calibration: Option[Calibration] = None
) {

  private[scaladsl] def applyTo[M <: Core[I, _], I](builder: TaskBuilder[M, I]): TaskBuilder[M, I] = {
    parameters.foreach(builder.parameters)
    calibration.foreach(builder.calibration)
    concurrentRuns.foreach(builder.concurrentRuns)
    intraOpThreads.foreach(builder.intraOpThreads)
    device.foreach(builder.device)
    tokenBudget.foreach(builder.tokenBudget)
    lookAhead.foreach(builder.lookAhead)
    builder.selfTest(selfTest)
  }
}
