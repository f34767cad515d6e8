package org.djlift.scaladsl

import java.nio.file.{Path, Paths}

import org.djlift.{TokenClassifier => Core}
import org.djlift.data.AggregationStrategy
import org.junit.jupiter.api.Assertions.{assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.function.Executable

class TokenClassifierTest {

  private val archive: Path = Paths.get(System.getProperty("djlift.tiny"))
  private val texts = Seq(
    "Anna met Tom in Paris \ud83d\ude00, and Tom was late.",
    "",
    "Zürich \ud83c\udde8\ud83c\udded",
    "Maria Gonzalez works at Siemens in Berlin."
  )

  private def with_[A](settings: Settings)(work: TokenClassifier => A): A =
    TokenClassifier.using(archive, settings)(work)

  private def failure[T <: Throwable](kind: Class[T])(work: => Any): T =
    assertThrows(kind, new Executable { override def execute(): Unit = { work; () } })

  @Test def entitiesAreTheCores(): Unit = {
    val core = Core.load(archive)
    try
      with_(Settings()) { ner =>
        val found = ner.classify(texts)
        assertTrue(found.exists(_.nonEmpty))
        val expected = Convert.toScala(core.classify(Convert.toJava(texts))).map(Convert.toScala(_))
        assertEquals(expected.map(_.map(e => (e.label, e.word, e.start, e.end, e.score))),
          found.map(_.map(e => (e.label, e.word, e.start, e.end, e.score))).toVector)
        for ((text, entities) <- texts.zip(found); e <- entities) assertEquals(text.substring(e.start, e.end), e.text)
        assertEquals(ner.labels, Convert.toScala(core.labels))
        assertEquals(core.maxLength, ner.maxLength)
      }
    finally core.close()
  }

  @Test def aTextAListAndAStreamAgree(): Unit = with_(Settings(lookAhead = Some(2))) { ner =>
    def bare(found: Seq[Seq[Entity]]) = found.map(_.map(_.copy(score = 0f)))
    val one = texts.map(ner.classify(_))
    assertEquals(bare(one), bare(ner.classify(texts)))
    assertEquals(bare(one), bare(ner.classify(texts.iterator).toVector))
    assertEquals(bare(one), bare(ner.classifyBy(texts.iterator)(identity).map(_._2.toOption.get.get).toVector))
  }

  @Test def oneTextAtATimeGivesTheSame(): Unit = with_(Settings(concurrentRuns = Some(2))) { ner =>
    val door = ner.latency()
    for (text <- texts) assertEquals(ner.classify(text), door.classify(text))
  }

  @Test def aStreamIsTakenNoFurtherThanTwiceTheLookAhead(): Unit = with_(Settings(lookAhead = Some(5))) { ner =>
    var taken = 0
    val found = ner.classify(Iterator.continually { taken += 1; "Paris" })
    for (given_ <- 1 to 50) {
      found.next()
      assertTrue(taken <= given_ + 10, s"$taken were taken for result $given_")
    }
  }

  @Test def itemsComeBackInOrderAndNullsHaveNone(): Unit = with_(Settings()) { ner =>
    val items = (0 until 2000).iterator
    val found = ner.classifyBy(items)(n => if (n % 7 == 0) null else s"text $n").toVector
    assertEquals((0 until 2000).toVector, found.map(_._1))
    assertTrue(found.forall { case (n, answer) => answer.toOption.get.isEmpty == (n % 7 == 0) })
  }

  @Test def whatIsNullIsNamed(): Unit = with_(Settings()) { ner =>
    val stream = ner.classify(Iterator("a", null))
    stream.next()
    assertEquals("the text at index 1 is null", failure(classOf[NullPointerException])(stream.next()).getMessage)
    val list = failure(classOf[NullPointerException])(ner.classify(Seq("a", null)))
    assertEquals("the text at index 1 is null", list.getMessage)
  }

  @Test def settingsArrive(): Unit = {
    val max = Settings(aggregationStrategy = Some(AggregationStrategy.MAX), stride = Some(4), tokenBudget = Some(64))
    with_(max)(ner => assertEquals(AggregationStrategy.MAX, ner.aggregationStrategy))
    with_(Settings(ignoreLabels = Some(Set("O"))))(ner => assertTrue(ner.classify(texts).flatten.forall(_.label != "O")))
    failure(classOf[IllegalArgumentException])(with_(Settings(tokenBudget = Some(0)))(identity))
    failure(classOf[IllegalArgumentException])(with_(Settings(lookAhead = Some(0)))(identity))
  }

  @Test def aLocationIsAPathToo(): Unit = {
    val ner = TokenClassifier.loadFrom(archive.toString)
    try assertEquals(with_(Settings())(_.classify(texts.head)), ner.classify(texts.head))
    finally ner.close()
    val coordinates = "djlift://org.example/absent/1.0?precision=fp32"
    failure(classOf[java.io.IOException])(TokenClassifier.loadFrom(coordinates))
  }

  @Test def whatIsClosedIsClosed(): Unit = {
    val ner = TokenClassifier.load(archive)
    ner.close()
    failure(classOf[IllegalStateException])(ner.classify("Paris"))
    failure(classOf[java.io.IOException])(TokenClassifier.load(Paths.get("absent.zip")))
  }
}
