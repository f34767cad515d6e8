package org.djlift.scaladsl

import org.djlift.{Calibration, TaskBuilder, TextModel}

/** How a model of any task but token classification is loaded; what is not set is the archive's or the core's own.
  *
  * @param parameters those of calls that name none, a JSON object
  * @param intraOpThreads ONNX Runtime's threads within an operator
  * @param device `cpu`, or `gpu0` and so on
  * @param tokenBudget most tokens of a run of the model, padding included
  * @param lookAhead inputs of a stream that are looked at together
  * @param selfTest whether the archive is proven on this JVM as it is loaded
  * @param concurrentRuns runs of the model that a call has at a time
  * @param calibration what a calibration found; what is set besides wins over it
  */
final case class TaskSettings(
    parameters: Option[String] = None,
    intraOpThreads: Option[Int] = None,
    device: Option[String] = None,
    tokenBudget: Option[Int] = None,
    lookAhead: Option[Int] = None,
    selfTest: Boolean = false,
    concurrentRuns: Option[Int] = None,
    calibration: Option[Calibration] = None
) {

  private[scaladsl] def applyTo[M <: TextModel[I, _], I](builder: TaskBuilder[M, I]): TaskBuilder[M, I] = {
    parameters.foreach(json => builder.parameters(json))
    calibration.foreach(found => builder.calibration(found))
    concurrentRuns.foreach(runs => builder.concurrentRuns(runs))
    intraOpThreads.foreach(threads => builder.intraOpThreads(threads))
    device.foreach(name => builder.device(name))
    tokenBudget.foreach(tokens => builder.tokenBudget(tokens))
    lookAhead.foreach(inputs => builder.lookAhead(inputs))
    builder.selfTest(selfTest)
  }
}
