package org.djlift.scaladsl

import java.nio.file.{Path, Paths}

import org.djlift.{ClassificationOptions, RankingOptions, TextException, ZeroShotOptions}
import org.djlift.{CrossEncoder => CoreEncoder, TextClassifier => CoreClassifier, ZeroShotClassifier => CoreZeroShot}
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.function.Executable

/** The models of all tasks give what the core gives. */
class TasksTest {

  private val texts = Seq("Anna met Tom in Paris \ud83d\ude00.", "", "Zürich", "Maria works in Berlin.")

  private def archive(name: String): Path = Paths.get(System.getProperty("djlift.tiny")).resolveSibling(name)

  private def failure[T <: Throwable](kind: Class[T])(work: => Any): T =
    assertThrows(kind, new Executable { override def execute(): Unit = { work; () } })

  private def bare(found: Seq[LabelScore]): Seq[String] = found.map(_.label)

  @Test def labelsAreTheCores(): Unit = {
    val core = CoreClassifier.load(archive("tiny-classifier"))
    try
      TextClassifier.using(archive("tiny-classifier"), ModelSettings(options = Some(ClassificationOptions.defaults().allLabels()))) { mood =>
        val all = ClassificationOptions.defaults().allLabels()
        val expected = texts.map(text => Results.labels(core.classify(text, all)))
        assertEquals(expected, texts.map(mood.classify(_)))
        assertEquals(expected.map(bare), mood.classifyAll(texts).map(bare).toVector)
        assertEquals(expected.map(bare), mood.classifyAll(texts.iterator).map(bare).toVector)
        assertEquals(expected, texts.map(mood.latency()))
        val pair = mood.classifyPair("a", "b")
        assertEquals(Results.labels(core.classify(org.djlift.data.TextPair.of("a", "b"), all)), pair)
        assertEquals(Seq(bare(pair)), mood.classifyPairs(Seq("a" -> "b")).map(bare))
        assertEquals(1, mood.classify("a", ClassificationOptions.defaults().topK(1)).size)
        assertEquals(Convert.toScala(core.labels), mood.labels)
        val found = mood.classifyBy((0 until 500).iterator)(n => if (n % 7 == 0) null else s"text $n").toVector
        assertEquals((0 until 500).toVector, found.map(_._1))
        assertTrue(found.forall { case (n, answer) => answer.toOption.get.isEmpty == (n % 7 == 0) })
      }
    finally core.close()
  }

  @Test def scoresAndRankingsAreTheCores(): Unit = {
    val core = CoreEncoder.load(archive("tiny-ranking"))
    try
      CrossEncoder.using(archive("tiny-ranking")) { judge =>
        assertEquals(core.score("Where?", texts.head), judge.score("Where?", texts.head))
        val scores = judge.scores(texts.map("Where?" -> _)).map(_.head)
        assertArrayEquals(texts.map(core.score("Where?", _)).toArray, scores.toArray, 1e-5f)
        val ranking = Results.ranking(core.rank("Where?", Convert.toJava(texts)))
        assertEquals(ranking, judge.rank("Where?", texts))
        assertEquals(ranking.take(2), judge.rank("Where?", texts, RankingOptions.defaults().topK(2)))
        val door = judge.latency()
        assertEquals(core.score("Where?", "Paris"), door("Where?", "Paris").head)
        assertEquals(1, judge.labels)
        val found = judge.rankBy(Iterator("Where?", null))(query => if (query == null) null else (query, texts)).toVector
        assertEquals(Vector(Some(ranking.map(_.index)), None), found.map(_._2.toOption.get.map(_.map(_.index))))
        val pairs = judge.scoreBy(Iterator("Paris", null))(text => if (text == null) null else ("Where?", text)).toVector
        assertEquals(Vector(true, false), pairs.map(_._2.toOption.get.isDefined))
      }
    finally core.close()
  }

  @Test def labelsThatAreNamedWithTheTextAreTheCores(): Unit = {
    val labels = Seq("travel", "food, drink")
    val core = CoreZeroShot.load(archive("tiny-zero-shot"))
    try
      ZeroShotClassifier.using(archive("tiny-zero-shot")) { topics =>
        val multi = ZeroShotOptions.defaults().multiLabel(true)
        val expected = Results.labels(core.classify("Paris", Convert.toJava(labels)))
        assertEquals(expected, topics.classify("Paris", labels))
        assertEquals(Results.labels(core.classify("Paris", Convert.toJava(labels), multi)),
          topics.classify("Paris", labels, multi))
        assertEquals(Seq(expected, expected), topics.classifyAll(Seq("Paris", "Paris"), labels))
        val door = topics.latency()
        assertEquals(expected, door("Paris", labels))
        val found = topics.classifyBy(Iterator("Paris", "", null), labels)(identity).map(_._2).toVector
        assertEquals(Right(Some(expected)), found(0))
        assertTrue(found(1).isLeft)
        assertEquals(Right(None), found(2))
        failure(classOf[TextException])(topics.classify("Paris"))
      }
    finally core.close()
    val settings = ModelSettings(options = Some(ZeroShotOptions.defaults().labels(Convert.toJava(Seq("travel", "food, drink")))))
    ZeroShotClassifier.using(archive("tiny-zero-shot"), settings) { topics =>
      assertEquals(Set("travel", "food, drink"), topics.classify("Paris").map(_.label).toSet)
    }
  }

  @Test def settingsArriveAndWhatIsClosedIsClosed(): Unit = {
    failure(classOf[IllegalArgumentException])(
      CrossEncoder.load(archive("tiny-ranking"), ModelSettings(tokenBudget = Some(0))))
    failure(classOf[java.io.IOException])(TextEmbedder.load(archive("tiny-ranking")))
    failure(classOf[java.io.IOException])(SparseEncoder.load(Paths.get("absent.zip")))
    val judge = CrossEncoder.loadFrom(archive("tiny-ranking").toString)
    assertEquals(32, judge.maxLength)
    assertEquals("tiny-ranking", judge.manifest.name)
    judge.close()
    failure(classOf[IllegalStateException])(judge.score("a", "b"))
  }
}
