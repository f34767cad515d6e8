package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{LatencyOptions, RankingOptions, TextException, CrossEncoder => Core}
import org.djlift.data.{RankingInput, TextPair}

/** How well texts answer a query, with Scala's collections; all work is done by [[org.djlift.CrossEncoder]].
  *
  * {{{
  * CrossEncoder.using(Paths.get("reranker-1.0.0-fp32.zip")) { judge =>
  *   judge.rank("Who wrote Emma?", documents).take(3).foreach(one => println(documents(one.index)))
  * }
  * }}}
  */
final class CrossEncoder private (core: Core) extends Model(core) {

  /** The score of a pair.
    *
    * @throws java.lang.IllegalStateException if the model gives several scores
    */
  def score(query: String, text: String, options: RankingOptions = RankingOptions.defaults()): Float =
    core.score(query, text, options)

  /** The scores of pairs of a query and a text, in their order: one for each label of the model, mostly one. */
  def scores(
      pairs: Seq[(String, String)],
      options: RankingOptions = RankingOptions.defaults()
  ): Seq[Seq[Float]] = {
    val given_ = Convert.toJava(pairs.map { case (query, text) => TextPair.of(query, text) })
    core.scores(given_, options).toVector.map(_.toVector)
  }

  /** Documents by falling score; of equal scores the earlier first.
    *
    * @throws java.lang.IllegalStateException if the model gives several scores
    */
  def rank(
      query: String,
      documents: Seq[String],
      options: RankingOptions = RankingOptions.defaults()
  ): Seq[RankedText] = Results.ranking(core.rank(query, Convert.toJava(documents), options))

  /** Each item of a stream with the ranking of its documents, in the order of the stream.
    *
    * The result is Right(Some) with the output, Right(None) if the input is null, and Left if it cannot be ranked: it
    * is longer than `maxCharacters`, or the tokenizer or the model fails on it ([[org.djlift.TextException]] lists the
    * causes). The stream goes on after each. What the function throws, `next()` throws after the results of the items
    * before it; that item has no result, and the next call goes on with the item after it.
    *
    * @param asked gives the query of an item with its documents, or null; called once for an item
    */
  def rankBy[A](items: Iterator[A], options: RankingOptions = RankingOptions.defaults())(
      asked: A => (String, Seq[String])
  ): Iterator[(A, Either[TextException, Option[Seq[RankedText]]])] =
    Convert
      .toScala(core.run(Convert.toJava(items), Convert.function((item: A) => ranking(asked(item))), options))
      .map(outcome => Model.answer(outcome)(found => Results.ranking(found.ranking)))

  /** Each item of a stream with the scores of its pair, in the order of the stream. Null pairs, failures and what the
    * function throws are as with [[rankBy]].
    *
    * @param pair gives the query of an item and its text, or null; called once for an item
    */
  def scoreBy[A](items: Iterator[A], options: RankingOptions = RankingOptions.defaults())(
      pair: A => (String, String)
  ): Iterator[(A, Either[TextException, Option[Seq[Float]]])] =
    Convert
      .toScala(core.run(Convert.toJava(items), Convert.function((item: A) => scored(pair(item))), options))
      .map(outcome => Model.answer(outcome)(found => found.scores.toVector))

  /** Returns a function that takes one query and text at a time from many threads. Those that come while the model is
    * busy share its next run; with the default options none waits longer than that. Make one function for all threads;
    * it works while the model is open, and throws what a call of the model throws.
    *
    * @param options how long an input waits for others, and how many share a run
    * @param call options of all calls of the function, laid over those of the settings
    */
  def latency(
      options: LatencyOptions = LatencyOptions.defaults(),
      call: RankingOptions = RankingOptions.defaults()
  ): (String, String) => Seq[Float] = {
    val batcher = core.latency(options)
    (query, text) => batcher.run(RankingInput.pair(query, text), call).scores.toVector
  }

  /** How many scores the model gives for a pair; mostly 1. */
  def labels: Int = core.labels

  private def ranking(asked: (String, Seq[String])): RankingInput =
    if (asked == null) null else RankingInput.documents(asked._1, Convert.toJava(asked._2))

  private def scored(pair: (String, String)): RankingInput =
    if (pair == null) null else RankingInput.pair(pair._1, pair._2)
}

object CrossEncoder
    extends Loading[CrossEncoder, Core, RankingInput, RankingOptions](
      (path: Path) => Core.builder(path),
      (location: String) => Core.builder(location),
      core => new CrossEncoder(core)
    )
