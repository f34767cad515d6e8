package org.djlift.scaladsl

import java.nio.file.{Path, Paths}

import org.djlift.{AnswerOptions, FillOptions, TextException}
import org.djlift.{MaskFiller => CoreFiller, QuestionAnswerer => CoreAnswerer}
import org.junit.jupiter.api.Assertions.{assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.function.Executable

/** Question answering and fill-mask give what the core gives. */
class SpansTest {

  private val context = "Ada Lovelace met Charles Babbage in London \ud83d\ude00."

  private def archive(name: String): Path = Paths.get(System.getProperty("djlift.tiny")).resolveSibling(name)

  private def failure[T <: Throwable](kind: Class[T])(work: => Any): T =
    assertThrows(kind, new Executable { override def execute(): Unit = { work; () } })

  @Test def answersAreTheCores(): Unit = {
    val core = CoreAnswerer.load(archive("tiny-questions"))
    try
      QuestionAnswerer.using(archive("tiny-questions")) { reader =>
        val expected = Results.answers(core.answer("Who?", context))
        assertEquals(expected, reader.answer("Who?", context))
        assertEquals(1, expected.size)
        assertEquals(expected.head.text, context.substring(expected.head.start, expected.head.end))
        assertEquals(4, reader.answer("Who?", context, AnswerOptions.defaults().topK(4)).size)
        assertEquals(Seq(expected, Seq.empty), reader.answerAll(Seq("Who?" -> context, "Who?" -> " ")))
        assertEquals(expected, reader.latency()("Who?", context))
        val items = Iterator(context, "", null)
        val found = reader.answerBy(items)(text => if (text == null) null else ("Who?", text)).map(_._2).toVector
        assertEquals(Right(Some(expected)), found(0))
        assertTrue(found(1).isLeft)
        assertEquals(Right(None), found(2))
        failure(classOf[TextException])(reader.answer("", context))
      }
    finally core.close()
  }

  @Test def tokensAreTheCores(): Unit = {
    val core = CoreFiller.load(archive("tiny-masks"))
    try
      MaskFiller.using(archive("tiny-masks")) { filler =>
        val text = s"Ada ${filler.mask} met ${filler.mask}."
        val expected = Results.fills(core.fill(text))
        assertEquals(2, expected.size)
        assertEquals(expected, filler.fill(text))
        assertEquals(Seq(2, 2), filler.fill(text, FillOptions.defaults().topK(2)).map(_.size))
        assertEquals(Seq(expected), filler.fillAll(Seq(text)))
        assertEquals(expected, filler.latency()(text))
        val found = filler.fillBy(Iterator(text, "no mask", null))(identity).map(_._2).toVector
        assertEquals(Right(Some(expected)), found(0))
        assertTrue(found(1).isLeft)
        assertEquals(Right(None), found(2))
      }
    finally core.close()
  }
}
