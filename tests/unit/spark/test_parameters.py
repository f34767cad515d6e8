"""What ``explainParams`` and ``help`` say of the stages of Spark ML."""

from __future__ import annotations

import re

import pytest
from tools.spark import parameters
from tools.spark.parameters import Parameter

SHARED, STAGES = parameters.read()
ALL = [*SHARED, *(one for stage in STAGES for one in stage.parameters)]
NAMED = {(stage.name, one.name): one for stage in STAGES for one in stage.parameters}
TOKENS = "TokenClassificationTransformer"


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_explain_params_says_what_holds_unless_it_is_set(one: Parameter) -> None:
    """Spark says "undefined" of what has no default; the sentence says more, and has no other colon."""
    if one.default is None and one.unless == "the archive's value":
        assert one.sentence.endswith("; unset: the archive's value")
    if one.name == "zoo":
        assert one.sentence.endswith("; unset: DJLIFT_ZOO")
    sentence = re.sub("; unset: .*", "", one.sentence)
    assert ": " not in sentence


def test_sentences_say_what_users_asked() -> None:
    """What long texts become, how offsets count, what a batch holds, what a column of errors has."""
    stride = NAMED[TOKENS, "stride"].sentence
    assert (
        "cuts long texts at the model's limit, which is the default; a usual value is 32" in stride
    )
    offsets = NAMED[TOKENS, "offsets"].sentence
    for part in (
        "start is 0-based and end is exclusive",
        "substring(text, e.start + 1, e.end - e.start)",
        "utf16 in Java and Scala and codepoints in PySpark",
    ):
        assert part in offsets
    shared = {one.name: one.sentence for one in SHARED}
    assert "a batch, padding included; " in shared["tokenBudget"]
    assert "a longer text runs alone; it does not cut texts" in shared["tokenBudget"]
    assert "a text without a mask in FillMaskTransformer" in shared["errorCol"]
    assert "a missing archive or a wrong device fails the task" in shared["errorCol"]


def test_help_names_the_fields_and_explain_params() -> None:
    """Of the class in Python, as ``help`` shows it."""
    spark = pytest.importorskip("djlift.spark")
    for stage in STAGES:
        assert "``stage.explainParams()``" in getattr(spark, stage.name).__doc__
    doc = spark.TokenClassificationTransformer.__doc__
    for field in ("label", "score", "word", "start", "end"):
        assert f"\n        {field}: " in doc
