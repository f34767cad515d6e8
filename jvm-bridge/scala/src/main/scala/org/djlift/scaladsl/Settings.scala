package org.djlift.scaladsl

import org.djlift.TokenClassifierBuilder
import org.djlift.data.{AggregationStrategy, Calibration}

/** How a classifier is loaded; what is not set is the archive's or the core's own.
  *
  * @param aggregationStrategy how predictions for tokens become entities
  * @param ignoreLabels labels that are dropped
  * @param stride tokens that overlap between the windows of a long text; None: the text is cut
  * @param intraOpThreads ONNX Runtime's threads within an operator
  * @param device `cpu`, or `gpu0` and so on
  * @param tokenBudget most tokens of a run of the model, padding included
  * @param lookAhead texts of a stream that are looked at together
  * @param selfTest whether the archive is proven on this JVM as it is loaded
  * @param concurrentRuns runs of the model that a call has at a time
  * @param calibration what a calibration found; what is set besides wins over it
  */
final case class Settings(
    aggregationStrategy: Option[AggregationStrategy] = None,
    ignoreLabels: Option[Set[String]] = None,
    stride: Option[Int] = None,
    intraOpThreads: Option[Int] = None,
    device: Option[String] = None,
    tokenBudget: Option[Int] = None,
    lookAhead: Option[Int] = None,
    selfTest: Boolean = false,
    concurrentRuns: Option[Int] = None,
    calibration: Option[Calibration] = None
) {

  private[scaladsl] def applyTo(builder: TokenClassifierBuilder): TokenClassifierBuilder = {
    aggregationStrategy.foreach(builder.aggregationStrategy)
    ignoreLabels.foreach(labels => builder.ignoreLabels(Convert.toJava(labels.toSeq)))
    stride.foreach(builder.stride)
    calibration.foreach(builder.calibration)
    concurrentRuns.foreach(builder.concurrentRuns)
    intraOpThreads.foreach(builder.intraOpThreads)
    device.foreach(builder.device)
    tokenBudget.foreach(builder.tokenBudget)
    lookAhead.foreach(builder.lookAhead)
    builder.selfTest(selfTest)
  }
}
