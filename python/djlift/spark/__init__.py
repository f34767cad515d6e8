"""djlift's stages of Spark ML, for PySpark: texts in, what a model gives out, no Python in the data path.

>>> from pyspark.sql import SparkSession
>>> from djlift import spark as djlift_spark
>>> session = (
...     SparkSession.builder.config("spark.jars", djlift_spark.jars()).getOrCreate()
... )  # doctest: +SKIP
>>> stage = djlift_spark.TokenClassificationTransformer(
...     inputCol="text", outputCol="entities", archive="/models/ner-1.0.0-fp32.zip"
... )  # doctest: +SKIP
>>> stage.transform(session.table("articles")).select("entities.label")  # doctest: +SKIP

There is a stage for each task; each is a class of that name of the package ``org.djlift.spark`` in the jar
``djlift-spark``, and runs in the executors' JVMs. Offsets are code points here unless set, as Python and Spark
SQL's ``substring`` count. A pipeline that holds one is saved and loaded as others are, once this module is
imported.
"""

from __future__ import annotations

import sys
from typing import Any

from djlift.jars import resolve as _jars
from djlift.spark.stage import Stage, keyword_only, text, whole
from djlift.spark.tasks import (
    FillMaskTransformer,
    QuestionAnsweringTransformer,
    SparseEmbeddingTransformer,
    TextClassificationTransformer,
    TextEmbeddingTransformer,
    TextRankingTransformer,
    ZeroShotClassificationTransformer,
)

__all__ = [
    "FillMaskTransformer",
    "QuestionAnsweringTransformer",
    "SparseEmbeddingTransformer",
    "TextClassificationTransformer",
    "TextEmbeddingTransformer",
    "TextRankingTransformer",
    "TokenClassificationTransformer",
    "ZeroShotClassificationTransformer",
    "jars",
]

# In the jar of the stage, as its build has it, or Spark's own.
_HELD = ("api-", "gson-", "onnxruntime-engine-", "slf4j-", "tokenizers-")


def jars() -> str:
    """What ``spark.jars`` needs: the stage, with djlift and DJL in it, and ONNX Runtime; commas between them.

    What the wheel does not carry is downloaded where it is not on this machine yet (``djlift doctor --fetch``
    brings it to machines without a network). With a Maven repository at hand ``spark.jars.packages`` does the
    same.

    Raises:
        JvmError: A jar is nowhere to be had, or is not what djlift's lock says.
    """
    needed = [jar for jar in _jars.resolve() if not jar.name.startswith(_HELD)]
    return ",".join(str(jar) for jar in (_jars.stage_jar(), *needed))


class TokenClassificationTransformer(
    Stage, inputCol="text", outputCol="entities", offsets="codepoints", stride=-1
):
    """Adds a column with the entities of a column with texts, what ``djlift predict`` gives for the archive.

    The column is ``array<struct<label:string,score:float,word:string,start:int,end:int>>``; null where the text
    is null. ``docs/spark.md`` has the parameters. They are given by name, or set by ``setInputCol`` and so on.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    inputCol = text("inputCol", "the column with texts")
    outputCol = text("outputCol", "the new column with entities")
    errorCol = text(
        "errorCol", "the new column with the reason for each row that cannot be classified"
    )
    aggregationStrategy = text("aggregationStrategy", "none, simple, first, average or max")
    offsets = text("offsets", "the unit of start and end: utf16 or codepoints")
    stride = whole(
        "stride",
        "tokens that overlap between the windows of a long text; -1: no windows, the text is cut",
    )

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "text",
        outputCol: str = "entities",
        errorCol: str | None = None,
        archive: str | None = None,
        zoo: str | None = None,
        aggregationStrategy: str | None = None,
        offsets: str = "codepoints",
        device: str = "cpu",
        calibration: str | None = None,
        stride: int = -1,
        tokenBudget: int = 1024,
        intraOpThreads: int = 0,
    ) -> None:
        super().__init__(**self._input_kwargs)


# PySpark finds the Python class of a stage that it loads by its Java name.
sys.modules.setdefault("org.djlift.spark", sys.modules[__name__])
