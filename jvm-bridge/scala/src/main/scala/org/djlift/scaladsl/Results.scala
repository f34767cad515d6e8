package org.djlift.scaladsl

/** A label with its score.
  *
  * @param score from 0 to 1 with softmax or sigmoid, any number without
  */
final case class LabelScore(label: String, score: Float)

/** A document of a ranking.
  *
  * @param index its place among the documents that were given, from 0
  * @param score from 0 to 1 with a sigmoid, any number without
  */
final case class RankedText(index: Int, score: Float)

/** A token of a vocabulary with its weight in a text. */
final case class TokenWeight(token: String, id: Int, weight: Float)

/** A part of a context that answers a question; an empty text says that there is no answer.
  *
  * @param score the sum over all places where the answer stands
  * @param start first UTF-16 unit in the context
  * @param end UTF-16 unit after the last
  * @param codePointStart first code point in the context, as Python and Spark SQL count
  * @param codePointEnd code point after the last
  */
final case class Answer(text: String, score: Double, start: Int, end: Int, codePointStart: Int, codePointEnd: Int)

/** A token in the place of a mask.
  *
  * @param text the token, decoded alone
  * @param sequence the text with it
  */
final case class MaskFill(token: Long, text: String, score: Float, sequence: String)

private[scaladsl] object Results {

  def labels(found: java.util.List[org.djlift.data.LabelScore]): Seq[LabelScore] =
    Convert.toScala(found).map(one => LabelScore(one.label, one.score))

  def labels(found: org.djlift.data.ZeroShotResult): Seq[LabelScore] =
    Convert.toScala(found.labels).zip(found.scores.toVector).map { case (label, score) => LabelScore(label, score) }

  def ranking(found: java.util.List[org.djlift.data.RankedText]): Seq[RankedText] =
    Convert.toScala(found).map(one => RankedText(one.index, one.score))

  def weights(found: java.util.List[org.djlift.data.TokenWeight]): Seq[TokenWeight] =
    Convert.toScala(found).map(one => TokenWeight(one.token, one.id, one.weight))

  def answers(found: java.util.List[org.djlift.data.Answer]): Seq[Answer] =
    Convert.toScala(found).map(one => Answer(one.text, one.score, one.start, one.end, one.codePointStart, one.codePointEnd))

  def fills(found: java.util.List[java.util.List[org.djlift.data.MaskFill]]): Seq[Seq[MaskFill]] =
    Convert.toScala(found).map { mask =>
      Convert.toScala(mask).map(one => MaskFill(one.token, one.text, one.score, one.sequence))
    }
}
