"""djlift's stage of Spark ML, for PySpark: texts in, entities out, no Python in the data path.

>>> from pyspark.sql import SparkSession
>>> from djlift import spark as djlift_spark
>>> session = (
...     SparkSession.builder.config("spark.jars", djlift_spark.jars()).getOrCreate()
... )  # doctest: +SKIP
>>> stage = djlift_spark.TokenClassificationTransformer(
...     inputCol="text", outputCol="entities", archive="/models/ner-1.0.0-fp32.zip"
... )  # doctest: +SKIP
>>> stage.transform(session.table("articles")).select("entities.label")  # doctest: +SKIP

The stage is ``org.djlift.spark.TokenClassificationTransformer`` of the jar ``djlift-spark``; it runs in the
executors' JVMs. Offsets are code points here unless set, as Python and Spark SQL's ``substring`` count.
A pipeline that holds it is saved and loaded as others are, once this module is imported.
"""

from __future__ import annotations

import sys
from typing import Any

from djlift import jars as _jars
from djlift.errors import UsageError

try:
    from py4j.protocol import Py4JError
    from pyspark import keyword_only
    from pyspark.ml.param import Param, Params, TypeConverters
    from pyspark.ml.util import JavaMLReadable, JavaMLReader, JavaMLWritable
    from pyspark.ml.wrapper import JavaTransformer
except ImportError as cause:
    raise UsageError(
        "djlift.spark needs PySpark",
        expected="the package pyspark",
        found="none",
        mend="pip install 'djlift[spark]', or the PySpark of your cluster's version",
    ) from cause

__all__ = ["TokenClassificationTransformer", "jars"]

_TEXT, _WHOLE = TypeConverters.toString, TypeConverters.toInt
_JAVA_CLASS = "org.djlift.spark.TokenClassificationTransformer"
# In the jar of the stage, as its build has it, or Spark's own.
_HELD = ("api-", "gson-", "onnxruntime-engine-", "slf4j-", "tokenizers-")
_NO_CLASS = "'JavaPackage' object is not callable"


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


class _Reader(JavaMLReader["TokenClassificationTransformer"]):
    """Finds the Java class by its own name; PySpark's guess is for classes of Spark."""

    @classmethod
    def _java_loader_class(cls, clazz: Any) -> str:
        return _JAVA_CLASS


class TokenClassificationTransformer(JavaTransformer, JavaMLReadable, JavaMLWritable):
    """Adds a column with the entities of a column with texts, what ``djlift predict`` gives for the archive.

    The column is ``array<struct<label:string,score:float,word:string,start:int,end:int>>``; null where the text
    is null. ``docs/spark.md`` has the parameters. They are given by name, or set by ``setInputCol`` and so on.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    inputCol = Param(Params._dummy(), "inputCol", "the column with texts", _TEXT)
    outputCol = Param(Params._dummy(), "outputCol", "the new column with entities", _TEXT)
    errorCol = Param(
        Params._dummy(),
        "errorCol",
        "the new column with the reason for each row that cannot be classified",
        _TEXT,
    )
    archive = Param(
        Params._dummy(),
        "archive",
        "the archive: a path, files:NAME or djlift://group/name/version",
        _TEXT,
    )
    zoo = Param(
        Params._dummy(),
        "zoo",
        "the folder or address of the zoo that djlift:// is looked up in",
        _TEXT,
    )
    aggregationStrategy = Param(
        Params._dummy(), "aggregationStrategy", "none, simple, first, average or max", _TEXT
    )
    offsets = Param(
        Params._dummy(), "offsets", "the unit of start and end: utf16 or codepoints", _TEXT
    )
    device = Param(Params._dummy(), "device", "cpu, or gpu0 and so on", _TEXT)
    calibration = Param(
        Params._dummy(), "calibration", "a file of djlift calibrate, which the driver reads", _TEXT
    )
    stride = Param(
        Params._dummy(),
        "stride",
        "tokens that overlap between the windows of a long text; -1: no windows, the text is cut",
        _WHOLE,
    )
    tokenBudget = Param(
        Params._dummy(),
        "tokenBudget",
        "most tokens of a run of the model, padding included",
        _WHOLE,
    )
    intraOpThreads = Param(
        Params._dummy(),
        "intraOpThreads",
        "threads of a task within an operator; 0: as many cores as Spark gives it",
        _WHOLE,
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
        super().__init__()
        try:
            self._java_obj = self._new_java_obj(_JAVA_CLASS, self.uid)
        except (TypeError, Py4JError) as cause:
            # PySpark 3.5 and 4 say it each in its way.
            if _NO_CLASS not in str(cause) and "does not exist" not in str(cause):
                raise
            raise UsageError(
                "Spark does not know djlift's stage",
                expected=f"{_JAVA_CLASS} on Spark's class path",
                found="no such class",
                mend="start Spark with spark.jars = djlift.spark.jars(), or with"
                " spark.jars.packages = org.djlift:djlift-spark:VERSION",
            ) from cause
        self._setDefault(
            inputCol="text",
            outputCol="entities",
            offsets="codepoints",
            device="cpu",
            stride=-1,
            tokenBudget=1024,
            intraOpThreads=0,
        )
        self._set(**{k: v for k, v in self._input_kwargs.items() if v is not None})
        # Java's default is another one: this must reach it, and what is saved.
        self._set(offsets=self.getOrDefault(self.offsets))

    @classmethod
    def read(cls) -> JavaMLReader[TokenClassificationTransformer]:
        """The reader of stages that were saved."""
        return _Reader(cls)

    def __getattr__(self, name: str) -> Any:
        """``setInputCol(value)`` and ``getInputCol()``, and so on for every parameter."""
        param = name[3:4].lower() + name[4:]
        if name[:3] not in ("get", "set") or not isinstance(
            getattr(type(self), param, None), Param
        ):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name.startswith("get"):
            return lambda: self.getOrDefault(param) if self.isDefined(param) else None
        return lambda value: self._set(**{param: value})


# PySpark finds the Python class of a stage that it loads by its Java name.
sys.modules.setdefault("org.djlift.spark", sys.modules[__name__])
