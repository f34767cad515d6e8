"""What djlift 0.1.0 made is loaded, verified, resolved and run by this version: ``tests/data/v0.1.0``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jpype
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from djlift.archive import container as archives
from djlift.archive.signing import Trust
from djlift.jvm import process
from djlift.parity.result import FAIL
from djlift.parity.verify import verify
from djlift.zoo.folder import Folder
from djlift.zoo.listing import listing
from tests.support.command_line import djlift
from tests.support.planted_faults import tampered

DATA = Path(__file__).parents[2] / "data" / "v0.1.0"
ZOO = DATA / "zoo"
TASKS = {
    "ner": "token-classification",
    "embed": "text-embedding",
    "qa": "question-answering",
}
CLOSE = 1e-4


def of(model: str) -> Path:
    """The archive of a model."""
    (found,) = ZOO.rglob(f"{model}-1.0.0-fp32.zip")
    return found


@pytest.mark.parametrize("model", TASKS)
def test_the_archive_is_intact(model: str) -> None:
    with archives.opened(of(model)) as found:
        assert found.problems == ()
        assert found.manifest.task == TASKS[model]
        assert found.manifest.tools["djlift"] == "0.1.0"


def test_the_zoo_is_listed() -> None:
    found = {one.name: one for one in listing(Folder(ZOO))}
    assert found.keys() == TASKS.keys()
    assert [name for name, one in found.items() if one.signed] == ["ner"]


@pytest.mark.jvm
@pytest.mark.parametrize("model", TASKS)
def test_the_archive_verifies(model: str) -> None:
    trust = Trust(DATA / "key.pub") if model == "ner" else None
    report = verify(of(model), trust=trust)
    assert report.holds, report.to_dict()


@pytest.mark.jvm
def test_the_command_line_verifies_and_inspects() -> None:
    run = djlift("verify", str(of("qa")), "--json")
    assert run.returncode == 0, run.stderr
    run = djlift("inspect", str(of("qa")), "--json")
    assert (run.returncode, json.loads(run.stdout)["intact"]) == (0, True), run.stderr


@pytest.mark.jvm
@pytest.mark.parametrize("model", TASKS)
def test_a_golden_value_that_was_altered_is_caught(model: str, tmp_path: Path) -> None:
    def alter(folder: Path) -> None:
        file = folder / "golden" / "logits.safetensors"
        tensors = {name: np.array(values) for name, values in load_file(file).items()}
        first = max(tensors, key=lambda name: tensors[name].size)
        tensors[first].reshape(-1)[0] += 0.01
        save_file(tensors, file)

    report = verify(tampered(of(model), tmp_path / "altered.zip", alter))
    assert [level.level for level in report.levels if level.status == FAIL][:1] == [2]


@pytest.mark.jvm
def test_the_java_zoo_resolves_and_loads_it() -> None:
    """By coordinates; the other tasks' archives are fetched, too."""
    process.start()
    zoo = jpype.JClass("org.djlift.zoo.Zoo").at(str(ZOO))
    coordinates = jpype.JClass("org.djlift.zoo.ZooCoordinates")
    found = zoo.resolve(coordinates.parse("djlift://org.example/ner/1.0.0?precision=fp32"))
    path = zoo.fetch(found)
    assert Path(str(path)) == of("ner")
    with process.start().load(Path(str(path))) as classifier:
        (line,) = classifier.classify([ROW["text"]], "first", 8)
    words = [entity["word"] for entity in json.loads(line)["entities"]]
    assert words == [entity["word"] for entity in ROW["found"]]


SAVED = json.loads((DATA / "pipeline.json").read_text(encoding="utf-8"))
ROW = SAVED["row"]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """PySpark with this version's jars."""
    from pyspark.sql import SparkSession

    from djlift import spark

    found = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.jars", spark.jars())
        .getOrCreate()
    )
    yield found
    found.stop()


@pytest.mark.jvm
def test_the_pipeline_that_pyspark_saved_gives_the_same_row(session: Any) -> None:
    """Every stage comes back with its settings; three are run on the archives."""
    from pyspark.ml import PipelineModel

    pipeline = PipelineModel.load(str(DATA / "pipeline"))
    assert [type(stage).__name__ for stage in pipeline.stages] == list(SAVED["stages"])
    for stage, settings in zip(pipeline.stages, SAVED["stages"].values(), strict=True):
        for name, value in settings.items():
            assert stage.getOrDefault(name) == value, (stage, name)
    rows = session.createDataFrame([{name: ROW[name] for name in ("text", "question")}])
    for stage in pipeline.stages[: len(TASKS)]:
        model = stage.getArchive().removesuffix(".zip")
        rows = stage.setArchive(str(of(model))).transform(rows)
    (row,) = rows.collect()
    found = row.asDict(recursive=True)
    assert found.keys() == ROW.keys()
    assert found["why"] is None
    assert found["embedding"] == pytest.approx(ROW["embedding"], abs=CLOSE)
    for column in ("found", "answers"):
        for one, wanted in zip(found[column], ROW[column], strict=True):
            assert one == wanted | {"score": pytest.approx(wanted["score"], abs=CLOSE)}
