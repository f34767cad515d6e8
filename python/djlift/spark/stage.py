"""What djlift's stages of Spark ML have in common, for PySpark; import :mod:`djlift.spark` rather than this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from djlift.errors import UsageError, install

try:
    from py4j.protocol import Py4JError
    from pyspark import keyword_only
    from pyspark.ml.param import Param, Params, TypeConverters
    from pyspark.ml.util import JavaMLReadable, JavaMLReader, JavaMLWritable
    from pyspark.ml.wrapper import JavaTransformer
except ImportError as cause:
    raise UsageError(
        "djlift.spark needs PySpark",
        code="missing-package",
        expected="the package pyspark",
        found="none",
        mend=f"{install('spark')}, or the PySpark of your cluster's version",
    ) from cause

__all__ = ["Stage", "flag", "keyword_only", "text", "texts", "whole"]

_PACKAGE = "org.djlift.spark"
_NO_CLASS = "'JavaPackage' object is not callable"


def param(name: str, doc: str, convert: Callable[[Any], Any]) -> Param[Any]:
    """A parameter of a class of stages, which each stage copies."""
    return Param(Params._dummy(), name, doc, convert)


def text(name: str, doc: str) -> Param[Any]:
    """A parameter that is a text."""
    return param(name, doc, TypeConverters.toString)


def whole(name: str, doc: str) -> Param[Any]:
    """A parameter that is a whole number."""
    return param(name, doc, TypeConverters.toInt)


def flag(name: str, doc: str) -> Param[Any]:
    """A parameter that is true or false."""
    return param(name, doc, TypeConverters.toBoolean)


def texts(name: str, doc: str) -> Param[Any]:
    """A parameter that is a list of texts."""
    return param(name, doc, TypeConverters.toListString)


class Reader(JavaMLReader["Stage"]):
    """Finds the Java class by its own name; PySpark's guess is for classes of Spark."""

    @classmethod
    def _java_loader_class(cls, clazz: Any) -> str:
        return f"{_PACKAGE}.{clazz._stage}"


class Stage(JavaTransformer, JavaMLReadable, JavaMLWritable):
    """A stage of the jar ``djlift-spark``.

    Raises:
        UsageError: The jar is not on Spark's class path.
        TypeError: There is no parameter of that name.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

    _stage: ClassVar[str]
    """The class in Java, without its package."""
    _defaults: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """What the parameters are unless set."""

    def __init_subclass__(cls, **defaults: Any) -> None:
        """A class that names defaults is one of Java by its own name; any other is a user's."""
        super().__init_subclass__()
        if defaults:
            cls._stage = cls.__name__
            cls._defaults = {**cls._defaults, **defaults}

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        java_class = f"{_PACKAGE}.{self._stage}"
        try:
            self._java_obj = self._new_java_obj(java_class, self.uid)
        except (TypeError, Py4JError) as cause:
            # PySpark 3.5 and 4 say it each in its way.
            if _NO_CLASS not in str(cause) and "does not exist" not in str(cause):
                raise
            raise UsageError(
                "Spark does not know djlift's stage",
                code="spark-jar-missing",
                expected=f"{java_class} on Spark's class path",
                found="no such class",
                mend="start Spark with spark.jars = djlift.spark.jars(), or with"
                " spark.jars.packages = org.djlift:djlift-spark:VERSION",
            ) from cause
        self._setDefault(**self._defaults)
        self._set(**{k: v for k, v in settings.items() if v is not None})
        if "offsets" in self._defaults:
            # Java's default is another one: this must reach it, and what is saved.
            self._set(offsets=self.getOrDefault("offsets"))

    @classmethod
    def read(cls) -> JavaMLReader[Any]:
        """The reader of stages that were saved."""
        return Reader(cls)

    def __getattr__(self, name: str) -> Any:
        """``setInputCol(value)`` and ``getInputCol()``, and so on for every parameter.

        As in all of Spark ML, asking for what is neither set nor has a default is a ``KeyError``.
        """
        param = name[3:4].lower() + name[4:]
        if name[:3] not in ("get", "set") or not isinstance(
            getattr(type(self), param, None), Param
        ):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name.startswith("get"):
            return lambda: self.getOrDefault(param)
        return lambda value: self._set(**{param: value})
