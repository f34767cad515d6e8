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

from djlift.jars import resolve as _jars
from djlift.spark.stages import (
    FillMaskTransformer,
    QuestionAnsweringTransformer,
    SparseEmbeddingTransformer,
    TextClassificationTransformer,
    TextEmbeddingTransformer,
    TextRankingTransformer,
    TokenClassificationTransformer,
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


# PySpark finds the Python class of a stage that it loads by its Java name.
sys.modules.setdefault("org.djlift.spark", sys.modules[__name__])
