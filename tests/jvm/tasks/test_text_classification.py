"""Text classification through the JVM: it holds, it predicts as the pipeline, faults are named."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from djlift.bench.measure import bench
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.loading import MATRICES
from djlift.checkpoints.recipe import Recipe
from djlift.errors import UsageError
from djlift.parity.plain_djl import compare_stock
from djlift.parity.verify import verify
from djlift.predict import inputs_of, predict
from djlift.tasks import registry
from djlift.tasks.text_classification import TextClassification
from tests.support.checkpoints.tasks.text_classification import MODELS
from tests.support.planted_faults import tampered
from tests.support.task_archives import (
    Builds,
    archive_of,
    builds_of,
    cut_on_the_left,
    pair_swapped,
    parameter_changed,
)

pytestmark = pytest.mark.jvm

TASK = "text-classification"
BUILDS: Mapping[str, tuple[str, ...]] = {
    "BERT": ("fp32", "fp16", "int8"),
    "RoBERTa": ("fp32", "fp16"),
    "XLM-R": ("fp32", "fp16"),
    "ELECTRA": ("fp32", "fp16"),
    "BART": ("fp32", "fp16"),
}
INPUTS = [
    {"text": "Nobody has recorded this text."},
    {
        "text": "\u00dcber den D\u00e4chern von Z\u00fcrich \U0001f600 regnet es.",
        "text_pair": "Ja.",
    },
    {"text": "unbroken" * 40, "text_pair": "many words that go on " * 60},
    {"text": "many words that go on " * 60, "text_pair": "short"},
    {"text": ""},
    {"text": "alone", "text_pair": ""},
]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Of each architecture."""
    return builds_of(TASK, MODELS, BUILDS, tmp_path_factory)


@pytest.mark.parametrize("architecture", BUILDS)
def test_it_holds(architecture: str, builds: Builds) -> None:
    """Every level, in every precision; fp32 without a divergence."""
    _, result = builds(architecture)
    assert {b.precision for b in result.built} >= {"fp32", "fp16"}
    for one in result.built:
        assert one.report.holds, one.report.first_broken
        assert one.report.levels[1].compared >= 20


@pytest.mark.parametrize("architecture", ["BERT", "RoBERTa", "XLM-R"])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"top_k": None}, {"top_k": 2, "function_to_apply": "sigmoid"}],
    ids=["default", "all", "two"],
)
def test_predict_equals_the_pipeline(
    architecture: str, parameters: dict[str, Any], builds: Builds
) -> None:
    """On inputs that were not recorded: labels in their order, scores; texts and pairs, cut at the limit."""
    from transformers import TextClassificationPipeline

    folder, result = builds(architecture)
    lines = [json.dumps(one) for one in INPUTS]
    found = [json.loads(line) for line in predict(archive_of(result), lines, parameters=parameters)]
    loaded = registry.of(TASK).load(find(Recipe((str(folder / "checkpoint"),))))
    pipe = TextClassificationPipeline(model=loaded.model, tokenizer=loaded.tokenizer)
    given = {"top_k": 1, **parameters}
    for one, ours in zip(INPUTS, found, strict=True):
        theirs = pipe(dict(one), truncation=True, **given)
        assert [r["label"] for r in ours["labels"]] == [r["label"] for r in theirs]
        scores = [r["score"] for r in theirs]
        assert [r["score"] for r in ours["labels"]] == pytest.approx(scores, abs=1e-4)


FAULTS = {
    "pair swapped": (pair_swapped, 1, "ids"),
    "cut on the left": (cut_on_the_left, 1, "ids"),
    "function changed": (parameter_changed("function_to_apply", "sigmoid"), 3, "default"),
    "top_k ignored": (parameter_changed("top_k", 2), 3, "default"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(fault: str, builds: Builds, tmp_path: Path) -> None:
    """The first level that breaks says what differs, on both sides."""
    edit, level, what = FAULTS[fault]
    _, result = builds("BERT")
    report = verify(tampered(archive_of(result), tmp_path / "tampered.zip", edit))
    broken = report.first_broken
    assert broken is not None and broken.level == level, broken
    assert broken.first is not None and what in broken.first.what
    assert broken.first.expected != broken.first.found


def test_labels_in_another_order_are_named(builds: Builds, tmp_path: Path) -> None:
    """The same graph under a config.json that calls its outputs otherwise."""

    def swap(folder: Path) -> None:
        file = folder / "config.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        names = config["id2label"]
        names["0"], names["1"] = names["1"], names["0"]
        file.write_text(json.dumps(config), encoding="utf-8")

    report = verify(tampered(archive_of(builds("BERT")[1]), tmp_path / "tampered.zip", swap))
    broken = report.first_broken
    assert broken is not None and broken.level == 3 and broken.first is not None
    assert "label" in broken.first.what


def test_plain_djl_is_counted(builds: Builds) -> None:
    """Of what it can be set to, every answer is compared; what it throws is a cause."""
    report = compare_stock(archive_of(builds("BERT")[1]))
    assert [s.name for s in report.strategies] == ["all", "all-softmax"]
    assert all(s.texts >= 20 and set(s.causes) <= set(report.causes) for s in report.strategies)
    assert any("default" in note for note in report.notes)


def test_bench_compares_before_it_shows(
    builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pipeline and the graph in Python find the same labels; each has figures; no side is slowed."""
    folder, result = builds("BERT")
    monkeypatch.delenv(MATRICES, raising=False)
    texts = tmp_path / "texts.txt"
    texts.write_text("Rain stopped play.\nA much longer text that goes on and on.\n" * 8)
    report = bench(
        archive_of(result),
        texts,
        against=("torch", "onnxruntime"),
        reference=Recipe((str(folder / "checkpoint"),)),
        rounds=1,
        alone=4,
        warm_up=0.0,
        memory=False,
    )
    assert report.holds
    assert [side.name for side in report.sides] == ["djlift", "torch", "onnxruntime"]
    assert all(side.seconds for side in report.sides)
    assert MATRICES not in os.environ


def test_bare_texts_and_json_are_inputs() -> None:
    """The first line decides; a line that is no input of the task is named."""
    fields = TextClassification().fields
    bare = list(inputs_of([b"Rain\n", b'{"text": "x"}\n'], "f", fields))
    assert [json.loads(line)["text"] for line in bare] == ["Rain", '{"text": "x"}']
    as_json = list(inputs_of([b'{"text": "a", "text_pair": "b"}\n'], "f", fields))
    assert json.loads(as_json[0]) == {"text": "a", "text_pair": "b"}


def test_options_of_another_task_are_refused(builds: Builds) -> None:
    """Before a JVM is asked."""
    packed = archive_of(builds("BERT")[1])
    for options in ({"stride": 1}, {"aggregation_strategy": "first"}, {"parameters": {"x": 1}}):
        with pytest.raises(UsageError):
            list(predict(packed, [], **options))  # type: ignore[arg-type]
