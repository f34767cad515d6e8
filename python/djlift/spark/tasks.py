"""The stages of Spark ML of every task but token classification; import :mod:`djlift.spark` rather than this.

``docs/spark.md`` has the parameters. They are given by name, or set by ``setInputCol`` and so on; what is not
set is the archive's. A null in a column of inputs gives null.
"""

from __future__ import annotations

from djlift.spark.stage import Stage, flag, text, texts, whole


class _TextStage(Stage, inputCol="text"):
    """A stage of one column with texts."""

    inputCol = text("inputCol", "the column with texts")


class TextClassificationTransformer(_TextStage, outputCol="labels"):
    """Adds ``array<struct<label:string,score:float>>`` by falling score, as ``djlift predict`` gives it."""

    pairCol = text("pairCol", "the column with second texts")
    topK = whole("topK", "most labels of a text; 0: all")
    function = text("function", "what makes scores of logits: softmax, sigmoid or none")


class TextEmbeddingTransformer(_TextStage, outputCol="embedding"):
    """Adds ``array<float>``, of which ``pyspark.ml.functions.array_to_vector`` makes a vector of Spark ML."""

    promptName = text("promptName", "the name of the prompt before each text")
    truncateDim = whole("truncateDim", "the numbers that a vector is cut to; 0: all")


class SparseEmbeddingTransformer(_TextStage, outputCol="tokens"):
    """Adds ``array<struct<token:string,id:int,weight:float>>`` by falling weight."""

    topK = whole("topK", "most tokens of a text; 0: all")


class TextRankingTransformer(
    Stage, queryCol="query", textCol="text", outputCol="score", allScores=False
):
    """Adds the score of a query and a text, ``float``; with ``allScores`` one a label, ``array<float>``."""

    queryCol = text("queryCol", "the column with queries")
    textCol = text("textCol", "the column with texts")
    function = text("function", "what makes scores of logits: sigmoid or none")
    allScores = flag("allScores", "whether the output has a score for each label of the model")


class ZeroShotClassificationTransformer(_TextStage, outputCol="labels"):
    """Adds ``array<struct<label:string,score:float>>`` by falling score, for labels that are named here."""

    labels = texts("labels", "the labels to choose from")
    labelsCol = text("labelsCol", "the column with the labels of each text")
    hypothesisTemplate = text("hypothesisTemplate", "a text with {} where the label goes")
    multiLabel = flag("multiLabel", "whether any number of labels may be true of a text")


class QuestionAnsweringTransformer(
    Stage, questionCol="question", contextCol="context", outputCol="answers", offsets="codepoints"
):
    """Adds ``array<struct<answer:string,score:double,start:int,end:int>>`` by falling score.

    Offsets are code points of the context unless set.
    """

    questionCol = text("questionCol", "the column with questions")
    contextCol = text("contextCol", "the column with contexts")
    topK = whole("topK", "most answers to a question")
    maxAnswerLength = whole("maxAnswerLength", "most tokens of an answer")
    stride = whole("stride", "tokens that overlap between the windows of a long context")
    noAnswer = flag("noAnswer", "whether a context may have no answer")
    offsets = text("offsets", "the unit of start and end: utf16 or codepoints")


class FillMaskTransformer(_TextStage, outputCol="masks"):
    """Adds an ``array<struct<token:int,token_str:string,score:float,sequence:string>>`` for each mask."""

    topK = whole("topK", "most tokens of a mask")
    targets = texts("targets", "the only tokens to choose from")
