package org.djlift.scaladsl

import org.djlift.{MicroBatcher => Core}

/** One text at a time from many threads; texts that come while the model is busy share its next run.
  *
  * It is open as long as the classifier that it is of. All work is done by [[org.djlift.MicroBatcher]].
  */
final class MicroBatcher private[scaladsl] (core: Core) {

  /** The entities of a text, in its order: those that the classifier gives.
    *
    * @throws org.djlift.TextException if the text cannot be classified
    */
  def classify(text: String): Seq[Entity] = Convert.toScala(core.classify(text)).map(Entity.of(text, _))
}
