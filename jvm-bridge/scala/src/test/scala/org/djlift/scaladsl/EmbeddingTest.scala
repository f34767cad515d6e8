package org.djlift.scaladsl

import java.nio.file.{Path, Paths}

import org.djlift.{EmbeddingOptions, SparseOptions, SparseEncoder => CoreEncoder, TextEmbedder => CoreEmbedder}
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertFalse, assertTrue}
import org.junit.jupiter.api.Test

class EmbeddingTest {

  private val tiny: Path = Paths.get(System.getProperty("djlift.tiny"))
  private val dense: Path = tiny.resolveSibling("tiny-embedder")
  private val sparse: Path = tiny.resolveSibling("tiny-sparse")
  private val texts = Seq("Anna met Tom in Paris \ud83d\ude00", "", "Zürich")

  @Test def vectorsAreTheCores(): Unit = {
    val core = CoreEmbedder.load(dense)
    try
      TextEmbedder.using(dense, ModelSettings(lookAhead = Some(2))) { embedder =>
        val found = embedder.embedAll(texts)
        for ((text, vector) <- texts.zip(found)) assertArrayEquals(core.embed(text), vector, 1e-5f)
        for ((one, other) <- found.zip(embedder.embedAll(texts.iterator).toVector)) assertArrayEquals(one, other, 1e-5f)
        assertArrayEquals(core.embed("x", "query"), embedder.embed("x", EmbeddingOptions.defaults().promptName("query")), 1e-5f)
        assertEquals(3, embedder.embedAll(texts, EmbeddingOptions.defaults().dimension(3)).head.length)
        assertArrayEquals(found.head, embedder.latency()(texts.head), 1e-5f)
        assertEquals(core.dimension, embedder.dimension)
        assertEquals("find this: ", embedder.prompts("query"))
        val some = embedder.embedBy(Iterator(1, 2))(n => if (n == 1) null else "b").toVector
        assertEquals(Vector(1, 2), some.map(_._1))
        assertTrue(some.head._2.toOption.get.isEmpty)
        assertFalse(some(1)._2.toOption.get.isEmpty)
      }
    finally core.close()
  }

  @Test def weightsAreTheCores(): Unit = {
    val core = CoreEncoder.load(sparse)
    try
      SparseEncoder.using(sparse, ModelSettings(options = Some(SparseOptions.defaults().topK(5)))) { encoder =>
        val found = encoder.encodeAll(texts)
        for ((text, tokens) <- texts.zip(found))
          assertEquals(Convert.toScala(core.encode(text)).take(5).map(_.id), tokens.map(_.id).toVector)
        assertEquals(found, encoder.encodeAll(texts.iterator).toVector)
        assertEquals(2, encoder.encodeAll(texts, SparseOptions.defaults().topK(2)).head.size)
        assertEquals(found.head, encoder.latency()(texts.head))
        assertEquals(found.head, encoder.encodeBy(Iterator(7))(_ => texts.head).next()._2.toOption.get.get)
      }
    finally core.close()
  }
}
