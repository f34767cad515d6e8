package org.djlift.scaladsl

import java.nio.file.Path

import org.djlift.{AnswerOptions, LatencyOptions, TextException, QuestionAnswerer => Core}
import org.djlift.data.Question

/** Finds answers in texts, with Scala's collections; all work is done by [[org.djlift.QuestionAnswerer]].
  *
  * {{{
  * QuestionAnswerer.using(Paths.get("reader-1.0.0-fp32.zip")) { reader =>
  *   reader.answer("Where do I live?", "I live in Berlin").headOption.foreach(one => println(one.text))
  * }
  * }}}
  *
  * Answers come by falling score; there may be none.
  */
final class QuestionAnswerer private (core: Core) extends Model(core) {

  /** The answers to a question. */
  def answer(question: String, context: String, options: AnswerOptions = AnswerOptions.defaults()): Seq[Answer] =
    Results.answers(core.answer(question, context, options))

  /** The answers to each question with its context, in the order of the questions.
    *
    * @throws org.djlift.TextException if a question cannot be answered
    */
  def answerAll(
      questions: Seq[(String, String)],
      options: AnswerOptions = AnswerOptions.defaults()
  ): Seq[Seq[Answer]] = {
    val given_ = Convert.toJava(questions.map { case (question, context) => Question.of(question, context) })
    Convert.toScala(core.answer(given_, options)).map(Results.answers(_))
  }

  /** Each item of a stream with the answers to its question, in the order of the stream.
    *
    * The result is Right(Some) with the output, Right(None) if the question is null, and Left if it cannot be answered:
    * it is longer than `maxCharacters`, or the tokenizer or the model fails on it ([[org.djlift.TextException]] lists
    * the causes). The stream goes on after each. What the function throws, `next()` throws after the results of the
    * items before it; that item has no result, and the next call goes on with the item after it.
    *
    * @param question gives the question of an item with its context, or null; called once for an item
    */
  def answerBy[A](items: Iterator[A], options: AnswerOptions = AnswerOptions.defaults())(
      question: A => (String, String)
  ): Iterator[(A, Either[TextException, Option[Seq[Answer]]])] =
    Convert
      .toScala(core.answer(Convert.toJava(items), Convert.function((item: A) => asked(question(item))), options))
      .map(outcome => Model.answer(outcome)(found => Results.answers(found)))

  /** Returns a function that takes one question at a time from many threads. Those that come while the model is busy
    * share its next run; with the default options none waits longer than that. Make one function for all threads; it
    * works while the model is open, and throws what a call of the model throws.
    *
    * @param options how long an input waits for others, and how many share a run
    * @param call options of all calls of the function, laid over those of the settings
    */
  def latency(
      options: LatencyOptions = LatencyOptions.defaults(),
      call: AnswerOptions = AnswerOptions.defaults()
  ): (String, String) => Seq[Answer] = {
    val batcher = core.latency(options)
    (question, context) => Results.answers(batcher.run(Question.of(question, context), call))
  }

  private def asked(question: (String, String)): Question =
    if (question == null) null else Question.of(question._1, question._2)
}

object QuestionAnswerer
    extends Loading[QuestionAnswerer, Core, Question, AnswerOptions](
      (path: Path) => Core.builder(path),
      (location: String) => Core.builder(location),
      core => new QuestionAnswerer(core)
    )
