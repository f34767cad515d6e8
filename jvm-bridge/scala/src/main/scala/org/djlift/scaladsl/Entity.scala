package org.djlift.scaladsl

/** A labelled part of a text: an [[org.djlift.data.Entity]] with the characters that it covers.
  *
  * @param text the characters that it covers: those of the text that was classified, from `start` to `end`
  * @param label its label, without a prefix such as `B-` but under the strategy `NONE`
  * @param score from 0 to 1
  * @param start first UTF-16 unit in the text
  * @param end UTF-16 unit after the last
  * @param word its tokens, decoded, as Hugging Face gives it; not always the text
  * @param codePointStart first code point in the text, as Python and Spark SQL count
  * @param codePointEnd code point after the last
  * @param index under the strategy `NONE` the position of its token, special tokens counted; None under every other
  */
final case class Entity(
    text: String,
    label: String,
    score: Float,
    start: Int,
    end: Int,
    word: String,
    codePointStart: Int,
    codePointEnd: Int,
    index: Option[Int] = None
)

object Entity {
  private[scaladsl] def of(source: String, entity: org.djlift.data.Entity): Entity =
    Entity(
      source.substring(entity.start, entity.end),
      entity.label,
      entity.score,
      entity.start,
      entity.end,
      entity.word,
      entity.codePointStart,
      entity.codePointEnd,
      if (entity.index < 0) None else Some(entity.index)
    )
}
