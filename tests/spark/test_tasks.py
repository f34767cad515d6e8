"""Rows of the stages of each task are what ``djlift predict`` gives for the same inputs, through PySpark."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from djlift.predict import predict
from djlift.tasks.frame.tolerance import FP32_SCORE
from tests.support.checkpoints.tasks import models
from tests.support.snippets import run_card
from tests.support.task_archives import archive_of, built

pytestmark = pytest.mark.jvm

TEXTS = [
    "Nobody has recorded this text.",
    "\u00dcber den D\u00e4chern von Z\u00fcrich \U0001f600 regnet es.",
    "many words that go on " * 60,
    "a",
]
LABELS = ["sport", "the weather", "Politik"]


class Case(NamedTuple):
    """A task: its inputs as ``predict`` takes them, the stage, and a row's value as ``predict`` gives it."""

    inputs: list[dict[str, Any]]
    stage: str
    columns: dict[str, str]
    """The columns of the inputs: name in the input, parameter of the stage."""
    settings: dict[str, Any]
    """Settings of the stage."""
    parameters: dict[str, Any]
    """The same, as ``predict`` takes them."""
    output: Callable[[Any], dict[str, Any]]


def scored(value: Any) -> dict[str, Any]:
    """Labels and their scores, as zero-shot classification gives them."""
    return {"labels": [v["label"] for v in value], "scores": [v["score"] for v in value]}


CASES = {
    "text-classification": Case(
        [{"text": text} for text in TEXTS],
        "TextClassificationTransformer",
        {"text": "inputCol"},
        {"topK": 0, "function": "sigmoid"},
        {"top_k": None, "function_to_apply": "sigmoid"},
        lambda value: {"labels": value},
    ),
    "text-embedding": Case(
        [{"text": text} for text in TEXTS],
        "TextEmbeddingTransformer",
        {"text": "inputCol"},
        {"truncateDim": 24},
        {"truncate_dim": 24},
        lambda value: {"embedding": value},
    ),
    "zero-shot-classification": Case(
        [{"text": text, "labels": LABELS} for text in TEXTS],
        "ZeroShotClassificationTransformer",
        {"text": "inputCol"},
        {"labels": LABELS, "multiLabel": True, "hypothesisTemplate": "It is about {}."},
        {"multi_label": True, "hypothesis_template": "It is about {}."},
        scored,
    ),
    "question-answering": Case(
        [{"question": "Who met whom?", "context": text} for text in TEXTS],
        "QuestionAnsweringTransformer",
        {"question": "questionCol", "context": "contextCol"},
        {"topK": 3, "maxAnswerLength": 4},
        {"top_k": 3, "max_answer_len": 4},
        lambda value: {"answers": value},
    ),
    "fill-mask": Case(
        [{"text": f"{text[:60]} [MASK] and [MASK]."} for text in TEXTS],
        "FillMaskTransformer",
        {"text": "inputCol"},
        {"topK": 3},
        {"top_k": 3},
        lambda value: {"masks": value},
    ),
}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """PySpark with the jars that djlift names."""
    from pyspark.sql import SparkSession

    from djlift import spark

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.jars", spark.jars())
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


def same(found: Any, expected: Any) -> None:
    """Equal but for the last digits of numbers; an answer of ``predict`` has its place in both units."""
    if isinstance(expected, dict):
        assert set(found) == {name for name in expected if not name.startswith("utf16_")}
        for name, value in found.items():
            same(value, expected[name])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=FP32_SCORE)
    else:
        assert found == expected


@pytest.mark.parametrize("task", CASES)
def test_every_row_is_what_predict_gives(task: str, session: Any, tmp_path: Path) -> None:
    """With settings of its own; a null gives null; a stage that was saved gives the same; the card runs."""
    from pyspark.ml import Pipeline, PipelineModel

    from djlift import spark

    case = CASES[task]
    archive = archive_of(built(task, models()[task]["BERT"], tmp_path, ("fp32",)))
    lines = [json.dumps(one) for one in case.inputs]
    expected = [json.loads(row) for row in predict(archive, lines, parameters=case.parameters)]
    stage = getattr(spark, case.stage)(
        archive=str(archive), outputCol="found", **case.settings, **columns(case)
    )
    rows = [(i, *(one[c] for c in case.columns)) for i, one in enumerate(case.inputs)]
    rows.append((len(rows), *(None for _ in case.columns)))
    schema = "id int, " + ", ".join(f"c_{name} string" for name in case.columns)
    frame = session.createDataFrame(rows, schema).repartition(2)
    model = Pipeline(stages=[stage]).fit(frame)
    model.write().overwrite().save(str(tmp_path / "model"))
    for one in (model, PipelineModel.load(str(tmp_path / "model"))):
        assert type(one.stages[0]) is getattr(spark, case.stage)
        found = [
            row.asDict(recursive=True)["found"]
            for row in one.transform(frame).orderBy("id").collect()
        ]
        assert found.pop() is None
        same([case.output(value) for value in found], expected)
    plain = [json.loads(row) for row in predict(archive, lines)]
    assert expected[0] != plain[0], "the settings change nothing"
    run_card(archive, tmp_path)


def columns(case: Case) -> dict[str, str]:
    """Names of columns that differ from the stage's own."""
    return {parameter: f"c_{name}" for name, parameter in case.columns.items()}


def test_what_makes_no_sense_is_said(session: Any) -> None:
    """By name: a setting that no stage has, and one that Java refuses."""
    from pyspark.errors import IllegalArgumentException

    from djlift.spark import TextClassificationTransformer, TextRankingTransformer

    with pytest.raises(TypeError, match="'colour'"):
        TextClassificationTransformer(colour="red")
    stage = TextClassificationTransformer(archive="a.zip", topK=-1)
    frame = session.createDataFrame([(1, "a")], "id int, text string")
    with pytest.raises(IllegalArgumentException, match="topK: expected 0 or more, found -1"):
        stage.transform(frame)
    with pytest.raises(IllegalArgumentException, match="queryCol: expected the column 'query'"):
        TextRankingTransformer(archive="a.zip").transform(frame)
    assert TextRankingTransformer(allScores=True).getAllScores() is True
