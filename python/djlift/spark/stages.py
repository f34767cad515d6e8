"""The stages of Spark ML of every task; import :mod:`djlift.spark` rather than this.

Written by tools/spark/parameters.py from parameters.toml: change that.
"""

from __future__ import annotations

from typing import Any

from djlift.spark.stage import Stage, flag, keyword_only, text, texts, whole


class SharedParams(Stage):
    """The parameters that all stages have."""

    outputCol = text("outputCol", "the new column")
    errorCol = text(
        "errorCol",
        "the new column with the reason for each row that cannot be run; a name; such a row then no"
        " longer fails the task; for example a text without a mask in FillMaskTransformer, an empty"
        " question in QuestionAnsweringTransformer, or a text that the tokenizer cannot encode "
        "gives a reason that starts with input 3 cannot be run; a missing archive or a wrong device"
        " fails the task or transform and fills no row",
    )
    archive = text(
        "archive",
        "the archive; a path that every executor can read (file:/ and dbfs:/ too), files:NAME for "
        "what SparkContext.addFile distributes (also from HDFS or S3), or "
        "djlift://group/name/version?precision=fp16 for a zoo; the driver settles an open version, "
        "once for all executors",
    )
    zoo = text(
        "zoo",
        "the zoo in which djlift:// is looked up; a folder or an address that every executor can "
        "read; unset: DJLIFT_ZOO",
    )
    device = text(
        "device", "the device; cpu, or gpu0 and so on, which needs ONNX Runtime's GPU jar"
    )
    calibration = text(
        "calibration",
        "the file of a calibration; a path; djlift calibrate writes it, on a machine such as the "
        "executors, with --threads of spark.task.cpus; the driver reads it in transform; "
        "tokenBudget and intraOpThreads win over it where they are set",
    )
    tokenBudget = whole(
        "tokenBudget",
        "the most tokens of a batch, padding included; 1 or more; a longer text runs alone; it does"
        " not cut texts",
    )
    intraOpThreads = whole(
        "intraOpThreads", "the threads of a task within an operator; 0 for spark.task.cpus"
    )


class TokenClassificationTransformer(
    SharedParams,
    inputCol="text",
    offsets="codepoints",
    stride=-1,
    outputCol="entities",
    device="cpu",
    tokenBudget=1024,
    intraOpThreads=0,
):
    """Adds ``array<struct<label:string,score:float,word:string,start:int,end:int>>``: the entities of
    texts.

    Each has these fields:
        label: the label of the model, without a prefix such as ``B-`` unless ``aggregationStrategy`` is
            ``none``.
        score: the probability of the label, from 0 to 1, or its mean over the words or tokens of the
            entity.
        word: the tokens as the tokenizer spells them, which may be in lower case or without accents; take
            the text from the offsets.
        start: where the entity begins in the text, from 0; ``offsets`` sets the unit.
        end: where it ends, exclusive, in the same unit; ``text[e.start:e.end]`` is the text in Python.

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    inputCol = text("inputCol", "the column with texts; the name of a string column")
    offsets = text(
        "offsets",
        "the unit of start and end (utf16 or codepoints); start is 0-based and end is exclusive; "
        "UTF-16 units fit substring of Java and Scala; code points fit Python and Spark SQL, there "
        "as substring(text, e.start + 1, e.end - e.start); the default differs, it is utf16 in Java"
        " and Scala and codepoints in PySpark",
    )
    aggregationStrategy = text(
        "aggregationStrategy",
        "the aggregation strategy (none, simple, first, average or max); unset: the archive's value",
    )
    stride = whole(
        "stride",
        "the tokens that the windows of a long text share; -1 makes no windows and cuts long texts "
        "at the model's limit, which is the default; a usual value is 32",
    )

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "text",
        offsets: str = "codepoints",
        aggregationStrategy: str | None = None,
        stride: int = -1,
        outputCol: str = "entities",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        device: str = "cpu",
        calibration: str | None = None,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)


class TextClassificationTransformer(
    SharedParams,
    inputCol="text",
    outputCol="labels",
    device="cpu",
    tokenBudget=1024,
    intraOpThreads=0,
):
    """Adds ``array<struct<label:string,score:float>>``: the labels of texts or pairs of texts, by falling
    score.

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    inputCol = text("inputCol", "the column with texts; the name of a string column")
    pairCol = text(
        "pairCol",
        "the column with second texts, for models of pairs; the name of a string column; a null in "
        "it is no second text",
    )
    topK = whole("topK", "the most labels of a text; 0 for all; unset: the archive's value")
    function = text(
        "function",
        "the function that makes scores of logits (softmax, sigmoid or none); unset: the archive's "
        "value",
    )

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "text",
        pairCol: str | None = None,
        topK: int | None = None,
        function: str | None = None,
        outputCol: str = "labels",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        device: str = "cpu",
        calibration: str | None = None,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)


class TextEmbeddingTransformer(
    SharedParams,
    inputCol="text",
    outputCol="embedding",
    device="cpu",
    tokenBudget=1024,
    intraOpThreads=0,
):
    """Adds ``array<float>``: the vectors of texts.

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    inputCol = text("inputCol", "the column with texts; the name of a string column")
    promptName = text(
        "promptName",
        "the name of the prompt before each text; one of the model's prompts; unset: the archive's "
        "value",
    )
    truncateDim = whole(
        "truncateDim",
        "the length to which vectors are cut; 0 for all numbers; unset: the archive's value",
    )

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "text",
        promptName: str | None = None,
        truncateDim: int | None = None,
        outputCol: str = "embedding",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        device: str = "cpu",
        calibration: str | None = None,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)


class SparseEmbeddingTransformer(
    SharedParams,
    inputCol="text",
    outputCol="tokens",
    device="cpu",
    tokenBudget=1024,
    intraOpThreads=0,
):
    """Adds ``array<struct<token:string,id:int,weight:float>>``: the weighted tokens of texts, by falling
    weight.

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    inputCol = text("inputCol", "the column with texts; the name of a string column")
    topK = whole("topK", "the most tokens of a text; 0 for all; unset: the archive's value")

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "text",
        topK: int | None = None,
        outputCol: str = "tokens",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        device: str = "cpu",
        calibration: str | None = None,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)


class TextRankingTransformer(
    SharedParams,
    queryCol="query",
    textCol="text",
    allScores=False,
    outputCol="score",
    device="cpu",
    tokenBudget=1024,
    intraOpThreads=0,
):
    """Adds ``float``: the scores of pairs of a query and a text; with ``allScores`` an ``array<float>``.

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    queryCol = text("queryCol", "the column with queries; the name of a string column")
    textCol = text("textCol", "the column with texts; the name of a string column")
    function = text(
        "function",
        "the function that makes scores of logits (sigmoid or none); unset: the archive's value",
    )
    allScores = flag(
        "allScores",
        "whether the output has a score for each label of the model; if so, it is an array<float>; "
        "if not, a float, of models with one label",
    )

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        queryCol: str = "query",
        textCol: str = "text",
        function: str | None = None,
        allScores: bool = False,
        outputCol: str = "score",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        device: str = "cpu",
        calibration: str | None = None,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)


class ZeroShotClassificationTransformer(
    SharedParams,
    inputCol="text",
    outputCol="labels",
    device="cpu",
    tokenBudget=1024,
    intraOpThreads=0,
):
    """Adds ``array<struct<label:string,score:float>>``: the scores of labels that are named here, by
    falling score.

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    inputCol = text("inputCol", "the column with texts; the name of a string column")
    labels = texts(
        "labels",
        "the labels to choose from; at least one label, the same for all texts; unset: the "
        "archive's value",
    )
    labelsCol = text(
        "labelsCol",
        "the column with the labels of each text; the name of a column of type array<string>, in "
        "place of labels",
    )
    hypothesisTemplate = text(
        "hypothesisTemplate",
        "the sentence that is tried for each label; a text with {} where the label goes; unset: the"
        " archive's value",
    )
    multiLabel = flag(
        "multiLabel",
        "whether several labels may be true of a text; if not, the scores of all labels sum to 1; "
        "unset: the archive's value",
    )

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "text",
        labels: list[str] | None = None,
        labelsCol: str | None = None,
        hypothesisTemplate: str | None = None,
        multiLabel: bool | None = None,
        outputCol: str = "labels",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        device: str = "cpu",
        calibration: str | None = None,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)


class QuestionAnsweringTransformer(
    SharedParams,
    offsets="codepoints",
    questionCol="question",
    contextCol="context",
    outputCol="answers",
    device="cpu",
    tokenBudget=1024,
    intraOpThreads=0,
):
    """Adds ``array<struct<answer:string,score:double,start:int,end:int>>``: the answers to questions that
    contexts give, by falling score; an empty answer says that there is none.

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    offsets = text(
        "offsets",
        "the unit of start and end (utf16 or codepoints); start is 0-based and end is exclusive; "
        "UTF-16 units fit substring of Java and Scala; code points fit Python and Spark SQL, there "
        "as substring(text, e.start + 1, e.end - e.start); the default differs, it is utf16 in Java"
        " and Scala and codepoints in PySpark",
    )
    questionCol = text("questionCol", "the column with questions; the name of a string column")
    contextCol = text("contextCol", "the column with contexts; the name of a string column")
    topK = whole("topK", "the most answers to a question; unset: the archive's value")
    maxAnswerLength = whole(
        "maxAnswerLength", "the most tokens of an answer; unset: the archive's value"
    )
    stride = whole(
        "stride", "the tokens that the windows of a long context share; unset: the archive's value"
    )
    noAnswer = flag("noAnswer", "whether a context may have no answer; unset: the archive's value")

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        offsets: str = "codepoints",
        questionCol: str = "question",
        contextCol: str = "context",
        topK: int | None = None,
        maxAnswerLength: int | None = None,
        stride: int | None = None,
        noAnswer: bool | None = None,
        outputCol: str = "answers",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        device: str = "cpu",
        calibration: str | None = None,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)


class FillMaskTransformer(
    SharedParams,
    inputCol="text",
    outputCol="masks",
    device="cpu",
    tokenBudget=1024,
    intraOpThreads=0,
):
    """Adds ``array<array<struct<token:int,token_str:string,score:float,sequence:string>>>``: the tokens
    that fit in the masks of texts, an array for each mask, by falling score.

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    inputCol = text("inputCol", "the column with texts; the name of a string column")
    topK = whole("topK", "the most tokens for a mask; unset: the archive's value")
    targets = texts(
        "targets",
        "the tokens to choose from; at least one token, as it stands in the vocabulary; unset: all "
        "of the vocabulary",
    )

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "text",
        topK: int | None = None,
        targets: list[str] | None = None,
        outputCol: str = "masks",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        device: str = "cpu",
        calibration: str | None = None,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)
