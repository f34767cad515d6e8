package org.djlift.scaladsl

import java.nio.file.{Path, Paths}

import org.djlift.{EntityOptions, TextException, TokenClassifier => Core}
import org.djlift.archive.SignatureRefusedException
import org.djlift.data.AggregationStrategy
import org.junit.jupiter.api.Assertions.{assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.function.Executable
import org.junit.jupiter.api.io.TempDir

class TokenClassifierTest {

  private val archive: Path = Paths.get(System.getProperty("djlift.tiny"))
  private val texts = Seq(
    "Anna met Tom in Paris \ud83d\ude00, and Tom was late.",
    "",
    "Zürich \ud83c\udde8\ud83c\udded",
    "Maria Gonzalez works at Siemens in Berlin."
  )

  private def with_[A](settings: ModelSettings[EntityOptions])(work: TokenClassifier => A): A =
    TokenClassifier.using(archive, settings)(work)

  private def failure[T <: Throwable](kind: Class[T])(work: => Any): T =
    assertThrows(kind, new Executable { override def execute(): Unit = { work; () } })

  @Test def entitiesAreTheCores(): Unit = {
    val core = Core.load(archive)
    try
      with_(ModelSettings()) { ner =>
        val found = ner.classifyAll(texts)
        assertTrue(found.exists(_.nonEmpty))
        val expected = Convert.toScala(core.classify(Convert.toJava(texts))).map(Convert.toScala(_))
        assertEquals(
          expected.map(_.map(e => (e.label, e.word, e.start, e.end, e.codePointStart, e.codePointEnd, e.score))),
          found.map(_.map(e => (e.label, e.word, e.start, e.end, e.codePointStart, e.codePointEnd, e.score))).toVector
        )
        for ((text, entities) <- texts.zip(found); e <- entities) assertEquals(text.substring(e.start, e.end), e.text)
        assertEquals(ner.labels, Convert.toScala(core.labels))
        assertEquals(core.maxLength, ner.maxLength)
      }
    finally core.close()
  }

  @Test def aTextAListAndAStreamAgree(): Unit = with_(ModelSettings(lookAhead = Some(2))) { ner =>
    def bare(found: Seq[Seq[Entity]]) = found.map(_.map(_.copy(score = 0f)))
    val one = texts.map(ner.classify(_))
    assertEquals(bare(one), bare(ner.classifyAll(texts)))
    assertEquals(bare(one), bare(ner.classifyAll(texts.iterator).toVector))
    assertEquals(bare(one), bare(ner.classifyBy(texts.iterator)(identity).map(_._2.toOption.get.get).toVector))
  }

  @Test def oneTextAtATimeGivesTheSame(): Unit = with_(ModelSettings(concurrentRuns = Some(2))) { ner =>
    val door = ner.latency()
    for (text <- texts) assertEquals(ner.classify(text), door(text))
  }

  @Test def aStreamIsTakenNoFurtherThanTwiceTheLookAhead(): Unit = with_(ModelSettings(lookAhead = Some(5))) { ner =>
    var taken = 0
    val found = ner.classifyAll(Iterator.continually { taken += 1; "Paris" })
    for (given_ <- 1 to 50) {
      found.next()
      assertTrue(taken <= given_ + 10, s"$taken were taken for result $given_")
    }
  }

  @Test def itemsComeBackInOrderAndNullsHaveNone(): Unit = with_(ModelSettings()) { ner =>
    val items = (0 until 2000).iterator
    val found = ner.classifyBy(items)(n => if (n % 7 == 0) null else s"text $n").toVector
    assertEquals((0 until 2000).toVector, found.map(_._1))
    assertTrue(found.forall { case (n, answer) => answer.toOption.get.isEmpty == (n % 7 == 0) })
  }

  @Test def whatIsNullIsNamed(): Unit = with_(ModelSettings()) { ner =>
    val stream = ner.classifyAll(Iterator("a", null))
    stream.next()
    assertEquals("the input at index 1 is null", failure(classOf[NullPointerException])(stream.next()).getMessage)
    val list = failure(classOf[NullPointerException])(ner.classifyAll(Seq("a", null)))
    assertEquals("the input at index 1 is null", list.getMessage)
  }

  @Test def optionsOfACallWin(): Unit = with_(ModelSettings()) { ner =>
    val none = EntityOptions.defaults().aggregationStrategy(AggregationStrategy.NONE)
    val tokens = ner.classify(texts.head, none)
    assertTrue(tokens.size > ner.classify(texts.head).size)
    val bare = (found: Seq[Entity]) => found.map(_.copy(score = 0f))
    assertEquals(bare(tokens), bare(ner.classifyAll(texts.iterator, none).next()))
    assertEquals(bare(tokens), bare(ner.classifyBy(texts.iterator, none)(identity).next()._2.toOption.get.get))
    assertEquals(bare(tokens), bare(ner.latency(call = none)(texts.head)))
  }

  @Test def settingsArrive(): Unit = {
    val options = EntityOptions.defaults().aggregationStrategy(AggregationStrategy.MAX).stride(4)
    val max = ModelSettings(options = Some(options), tokenBudget = Some(64))
    with_(max)(ner => assertEquals(AggregationStrategy.MAX, ner.aggregationStrategy))
    val dropped = EntityOptions.defaults().ignoreLabels(Convert.toJava(Seq("O")))
    with_(ModelSettings(options = Some(dropped)))(ner => assertTrue(ner.classifyAll(texts).flatten.forall(_.label != "O")))
    failure(classOf[IllegalArgumentException])(with_(ModelSettings(tokenBudget = Some(0)))(identity))
    failure(classOf[IllegalArgumentException])(with_(ModelSettings(lookAhead = Some(0)))(identity))
  }

  @Test def everySettingOfTheBuilderArrives(): Unit = {
    val keys = archive.resolveSibling("signatures")
    val signed = ModelSettings[EntityOptions](
      trustKey = Some(keys.resolve("trusted.pub")),
      signature = Some(keys.resolve("folder.sig"))
    )
    with_(signed)(_.classify(texts.head))
    failure(classOf[SignatureRefusedException])(with_(signed.copy(trustKey = Some(keys.resolve("other.pub"))))(identity))
    failure(classOf[IllegalStateException])(with_(signed.copy(trustKey = None))(identity))
    failure(classOf[IllegalArgumentException])(with_(ModelSettings(interOpThreads = Some(-1)))(identity))
    failure(classOf[IllegalArgumentException])(with_(ModelSettings(optimizationLevel = Some("MOST")))(identity))
    with_(ModelSettings(interOpThreads = Some(1), optimizationLevel = Some("BASIC_OPT")))(_.classify(texts.head))
    // The golden texts are longer: the limit is not theirs.
    with_(ModelSettings(maxCharacters = Some(8), selfTest = true)) { ner =>
      failure(classOf[TextException])(ner.classify(texts.head))
      assertTrue(ner.classifyBy(texts.iterator)(identity).next()._2.isLeft)
    }
  }

  @Test def theProfileIsWritten(@TempDir folder: Path): Unit = {
    with_(ModelSettings(profile = Some(folder.resolve("profile"))))(_.classify(texts.head))
    assertTrue(folder.toFile.list.exists(_.startsWith("profile")))
  }

  @Test def aTokenHasAPositionAndAnEntityHasNone(): Unit = with_(ModelSettings()) { ner =>
    val none = EntityOptions.defaults().aggregationStrategy(AggregationStrategy.NONE)
    assertTrue(ner.classify(texts.head, none).forall(_.index.exists(_ > 0)))
    assertTrue(ner.classify(texts.head).forall(_.index.isEmpty))
  }

  @Test def whatTheFunctionThrowsComesAfterTheResultsBeforeIt(): Unit = with_(ModelSettings()) { ner =>
    val found = ner.classifyBy(Iterator(1, 2, 3))(n => if (n == 2) throw new IllegalStateException("two") else s"text $n")
    assertEquals(1, found.next()._1)
    assertEquals("two", failure(classOf[IllegalStateException])(found.next()).getMessage)
    assertEquals(3, found.next()._1)
    assertTrue(!found.hasNext)
  }

  @Test def aLocationIsAPathToo(): Unit = {
    val ner = TokenClassifier.loadFrom(archive.toString)
    try assertEquals(with_(ModelSettings())(_.classify(texts.head)), ner.classify(texts.head))
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
