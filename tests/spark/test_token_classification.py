"""Rows in Spark are what ``djlift predict`` gives: through PySpark, and on every Spark that is promised."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from djlift.archive import container as archives
from djlift.errors import install
from djlift.tasks.frame.tolerance import FP32_SCORE
from tests.support.command_line import djlift

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.5-2.12", "3.5-2.13", "4.0-2.13", "4.2-2.13")
FIELDS = ("label", "word", "start", "end")


@pytest.fixture(scope="module")
def texts(small: Path) -> list[str]:
    """The golden texts, which have everything that goes wrong."""
    with archives.opened(small) as opened:
        cases = json_lines((opened.folder / "golden" / "cases.jsonl").read_text(encoding="utf-8"))
    return [case["text"] for case in cases]


@pytest.fixture(scope="module")
def expected(small: Path, texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What ``djlift predict`` gives under ``first``."""
    return predicted(small, texts, "first", tmp_path_factory.mktemp("predicted"))


def json_lines(text: str) -> list[Any]:
    """``splitlines`` would end a line at U+2028, too."""
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def predicted(archive: Path, texts: Sequence[str], strategy: str, room: Path) -> list[Any]:
    source = room / f"{strategy}.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    arguments = ("predict", str(archive), "--input", str(source))
    run = djlift(*arguments, "--aggregation-strategy", strategy)
    assert run.returncode == 0, run.stderr
    return [row["entities"] for row in json_lines(run.stdout)]


def same(found: Sequence[Any], expected: Sequence[Any]) -> None:
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert [[e[f] for f in FIELDS] for e in row] == [[e[f] for f in FIELDS] for e in wanted]
        assert [e["score"] for e in row] == pytest.approx(
            [e["score"] for e in wanted], abs=FP32_SCORE
        )


@pytest.mark.parametrize("version", VERSIONS)
def test_every_spark_gives_what_predict_gives(
    version: str, small: Path, texts: list[str], expected: list[Any], tmp_path: Path
) -> None:
    source = tmp_path / "texts.jsonl"
    rows = [{"id": i, "text": text} for i, text in enumerate(texts)] + [{"id": len(texts)}]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    arguments = f"{small} {source} {tmp_path / 'out'} first"
    run = subprocess.run(
        [
            str(ROOT / "jvm-bridge/gradle"),
            "--quiet",
            f":spark:sparkRun{version}",
            "-Pmain=org.djlift.spark.Rows",
            f"-Parguments={arguments}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    number, scala = version.split("-")
    assert f"Spark {number}." in run.stdout
    assert f"Scala {scala}." in run.stdout
    (file,) = (tmp_path / "out").glob("*.json")
    found = json_lines(file.read_text(encoding="utf-8"))
    found.sort(key=lambda row: row["id"])
    assert found.pop()["entities"] is None
    same([row["entities"] for row in found], expected)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """PySpark with the jars that djlift names."""
    from pyspark.sql import SparkSession

    from djlift import spark

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.jars", spark.jars())
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


def frame(session: Any, texts: Sequence[str | None]) -> Any:
    rows = list(enumerate(texts))
    return session.createDataFrame(rows, "id int, text string").repartition(3)


def entities(found: Any) -> list[Any]:
    """By row, as dictionaries."""
    rows = [row.asDict(recursive=True) for row in found.orderBy("id").collect()]
    return [row["entities"] for row in rows]


def test_pyspark_gives_what_predict_gives(
    session: Any, small: Path, texts: list[str], expected: list[Any], tmp_path: Path
) -> None:
    from djlift.spark import TokenClassificationTransformer

    stage = TokenClassificationTransformer(archive=str(small), aggregationStrategy="first")
    found = entities(stage.transform(frame(session, [*texts, None])))
    assert found.pop() is None
    same(found, expected)
    stage.setStride(32).setAggregationStrategy("max")
    long = [" ".join(texts[:60])]
    run = djlift(
        *("predict", str(small), "--input", "-", "--aggregation-strategy", "max"),
        *("--stride", "32"),
        stdin=json.dumps({"text": long[0]}) + "\n",
    )
    same(entities(stage.transform(frame(session, long))), [json.loads(run.stdout)["entities"]])


def test_a_pipeline_comes_back_from_where_it_was_saved(
    session: Any, small: Path, tmp_path: Path
) -> None:
    from pyspark.ml import Pipeline, PipelineModel

    from djlift.spark import TokenClassificationTransformer

    stage = TokenClassificationTransformer(archive=str(small), tokenBudget=77, errorCol="why")
    rows = frame(session, ["\U0001f389 Maria met Angela Merkel in Berlin"])
    stage.save(str(tmp_path / "stage"))
    model = Pipeline(stages=[stage]).fit(rows)
    model.save(str(tmp_path / "model"))
    again = PipelineModel.load(str(tmp_path / "model"))
    alone = TokenClassificationTransformer.load(str(tmp_path / "stage"))
    for loaded in (again.stages[0], alone):
        assert isinstance(loaded, TokenClassificationTransformer)
        assert (loaded.getTokenBudget(), loaded.getErrorCol()) == (77, "why")
        assert loaded.getOffsets() == "codepoints"
        assert not loaded.isDefined("zoo")
    found = entities(model.transform(rows))
    assert (found[0][0]["word"].lower(), found[0][0]["start"]) == ("maria", 2)
    assert entities(again.transform(rows)) == found


def test_getters_answer_for_what_is_set_or_has_a_default(session: Any) -> None:
    """As in all of Spark ML, here and in Java: nothing is made up for the rest."""
    from py4j.protocol import Py4JJavaError

    from djlift import spark

    for name in spark.__all__:
        if name == "jars":
            continue
        stage = getattr(spark, name)()
        for param in stage.params:
            getter = f"get{param.name[0].upper()}{param.name[1:]}"
            if stage.isDefined(param):
                assert getattr(stage, getter)() == stage.getOrDefault(param)
                continue
            with pytest.raises(KeyError):
                getattr(stage, getter)()
            with pytest.raises(Py4JJavaError, match="NoSuchElementException"):
                getattr(stage._java_obj, getter)()


def test_what_makes_no_sense_is_said(session: Any, small: Path) -> None:
    from pyspark.errors import IllegalArgumentException

    from djlift.spark import TokenClassificationTransformer

    stage = TokenClassificationTransformer(archive=str(small), offsets="bytes")
    rows = frame(session, ["a"])
    with pytest.raises(IllegalArgumentException, match="offsets: expected utf16 or codepoints"):
        stage.transform(rows)
    stage = TokenClassificationTransformer(archive="djlift://x/y")
    with pytest.raises(IllegalArgumentException, match=r"zoo: expected .* the parameter zoo of"):
        stage.transform(rows)
    stage = TokenClassificationTransformer(archive="/nowhere/x.zip")
    with pytest.raises(
        IllegalArgumentException, match=r"archive: expected /nowhere/x.zip on every"
    ):
        stage.transform(rows)
    stage = TokenClassificationTransformer(archive=str(small), calibration="/nowhere/c.json")
    with pytest.raises(IllegalArgumentException, match=r"calibration: .* nothing at /nowhere/c"):
        stage.transform(rows)
    with pytest.raises(TypeError, match="stride"):
        stage.setStride("many")
    with pytest.raises(AttributeError, match="setColour"):
        stage.setColour("red")
    with pytest.raises(TypeError):
        TokenClassificationTransformer("text")


def test_a_spark_without_the_jars_says_what_to_do() -> None:
    program = """
from pyspark.sql import SparkSession
from djlift.errors import UsageError
from djlift.spark import TokenClassificationTransformer
SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
try:
    TokenClassificationTransformer(archive="a.zip")
except UsageError as e:
    print("refused", e)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert re.search(r"refused .*spark\.jars = djlift\.spark\.jars\(\)", run.stdout, re.S), (
        run.stdout + run.stderr[-2000:]
    )


def test_without_pyspark_the_package_is_named() -> None:
    program = """
import sys
sys.modules["pyspark"] = None
from djlift.errors import UsageError
try:
    import djlift.spark
except UsageError as e:
    print("refused", e)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert install("spark") in run.stdout, run.stderr
