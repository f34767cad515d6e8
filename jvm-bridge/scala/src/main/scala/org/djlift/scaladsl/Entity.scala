package org.djlift.scaladsl

/** A labelled part of a text.
  *
  * @param text the characters that it covers: `source.substring(start, end)`
  * @param label its label
  * @param score from 0 to 1
  * @param start first UTF-16 unit in the text
  * @param end UTF-16 unit after the last
  * @param word its tokens, decoded, as Hugging Face gives it; not always the text
  * @param codePointStart first code point in the text, as Python and Spark SQL count
  * @param codePointEnd code point after the last
  */
final case class Entity(
    text: String,
    label: String,
    score: Float,
    start: Int,
    end: Int,
    word: String,
    codePointStart: Int,
    codePointEnd: Int
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
      entity.codePointEnd
    )
}
