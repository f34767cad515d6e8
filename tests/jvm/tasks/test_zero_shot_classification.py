"""Zero-shot classification through the JVM: it holds, it predicts as the pipeline, faults are named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djlift.archive import container
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.errors import JvmError, SourceError
from djlift.parity.plain_djl import compare_stock
from djlift.parity.verify import verify
from djlift.predict import predict
from djlift.tasks import registry
from tests.support.checkpoints.task_writer import write
from tests.support.checkpoints.tasks.zero_shot_classification import MODELS
from tests.support.planted_faults import (
    _edit_properties,
    plain_texts_alone,
    pooled_across_rows,
    tampered,
)
from tests.support.task_archives import (
    Builds,
    archive_of,
    builds_of,
    built,
    cut_on_the_left,
    pair_swapped,
    parameter_changed,
    proven,
)

pytestmark = pytest.mark.jvm

TASK = "zero-shot-classification"
BUILDS: Mapping[str, tuple[str, ...]] = {
    # int8 of random weights agrees in 24 of 26, which is no promise of the task.
    "BERT": ("fp32", "fp16"),
    "RoBERTa": ("fp32", "fp16"),
    "XLM-R": ("fp32", "fp16"),
    "DistilBERT": ("fp32", "fp16"),
    "BART": ("fp32", "fp16"),
}
LABELS = ["sport", "the weather", "Politik", "\u5929\u6c17", "a rather long label, of six words"]
TEXTS = [
    "Nobody has recorded this text.",
    "\u00dcber den D\u00e4chern von Z\u00fcrich \U0001f600 regnet es.",
    "unbroken" * 40,
    "many words that go on " * 60,
    " ",
]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Of each architecture."""
    return builds_of(TASK, MODELS, BUILDS, tmp_path_factory)


@pytest.mark.parametrize("architecture", BUILDS)
def test_it_holds(architecture: str, builds: Builds) -> None:
    """Every level, in every precision that is not refused for its own sake; fp32 without a divergence."""
    _, result = builds(architecture)
    assert {b.precision for b in result.built} >= {"fp32", "fp16"}
    for one in result.built:
        ties = 0.0 if one.precision == "fp32" else 0.05
        assert proven(one.report, ties), one.report.first_broken
        assert one.report.levels[1].compared >= 20


def test_a_graph_that_looks_at_other_rows_breaks_invariance(builds: Builds, tmp_path: Path) -> None:
    """Where no golden case has a written-out special token, level 5's own texts have."""

    def plant(folder: Path) -> None:
        plain_texts_alone(folder)
        pooled_across_rows(folder)

    _, result = builds("BART")
    broken = verify(tampered(archive_of(result), tmp_path / "tampered.zip", plant)).first_broken
    assert broken is not None and broken.first is not None
    assert broken.level == 5, broken.summary
    assert "beside" in broken.first.what


@pytest.mark.parametrize("architecture", ["RoBERTa", "XLM-R"])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"multi_label": True}, {"hypothesis_template": "{0}? {{{0}}}"}],
    ids=["default", "multi", "template"],
)
def test_predict_equals_the_pipeline(
    architecture: str, parameters: dict[str, Any], builds: Builds
) -> None:
    """On texts that were not recorded, with one label and with all."""
    from transformers import pipeline

    folder, result = builds(architecture)
    inputs = [{"text": t, "labels": LABELS[:n]} for t in TEXTS for n in (1, 3, len(LABELS))]
    lines = [json.dumps(one) for one in inputs]
    found = [json.loads(line) for line in predict(archive_of(result), lines, parameters=parameters)]
    # The limit in tokens as djlift set it, since this tokenizer states none.
    loaded = registry.of(TASK).load(find(Recipe((str(folder / "checkpoint"),))))
    pipe = pipeline(TASK, model=loaded.model, tokenizer=loaded.tokenizer)
    for given, ours in zip(inputs, found, strict=True):
        theirs = pipe(given["text"], candidate_labels=given["labels"], **parameters)
        assert ours["labels"] == theirs["labels"]
        assert ours["scores"] == pytest.approx(theirs["scores"], abs=1e-4)


def test_the_archive_may_have_labels_of_its_own(tmp_path: Path) -> None:
    """An input without labels has these; its own win over them."""
    result = built(TASK, MODELS["ELECTRA"], tmp_path, ("fp32",), labels=LABELS, multi_label=True)
    lines = [json.dumps({"text": "A text."}), json.dumps({"text": "A text.", "labels": ["one"]})]
    first, second = (json.loads(line) for line in predict(archive_of(result), lines))
    assert sorted(first["labels"]) == sorted(LABELS) and second["labels"] == ["one"]
    assert sum(first["scores"]) != pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": "", "labels": ["a"]}, "empty text"),
        ({"text": "t"}, "no label"),
        ({"text": "t", "labels": []}, "at least one"),
        ({"text": "t", "labels": ["word " * 120]}, "leaves no room"),
        ({"text": "t", "labels": "a"}, "a list of texts"),
        ({"text": "t", "labels": ["a"], "more": 1}, "more"),
    ],
)
def test_what_the_pipeline_refuses_is_refused(
    given: dict[str, Any], said: str, builds: Builds
) -> None:
    """With what was expected and what was found."""
    _, result = builds("BERT")
    with pytest.raises(JvmError) as raised:
        list(predict(archive_of(result), [json.dumps(given)]))
    assert said in str(raised.value)


FAULTS = {
    "template changed": (parameter_changed("hypothesis_template", "About {}."), 1, "ids"),
    "entailment id wrong": (lambda f: _edit_properties(f, entailmentId="1"), 3, "decoded"),
    "multi_label ignored": (parameter_changed("multi_label", True), 3, "default"),
    "pair swapped": (pair_swapped, 1, "ids"),
    "cut on the left": (cut_on_the_left, 1, "ids"),
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


def test_a_multi_label_that_is_ignored_is_named(builds: Builds, tmp_path: Path) -> None:
    """A call that asks for it and gets the default: its own variant tells them apart."""
    target = tmp_path / "tampered.zip"
    with container.opened(archive_of(builds("BERT")[1])) as found:
        golden = json.loads(json.dumps(dict(found.manifest.golden)))
        golden["variants"]["multi-label"]["parameters"] = {}
        (found.folder / "djlift.json").unlink()
        container.seal(found.folder, replace(found.manifest, golden=golden))
        container.pack(found.folder, target)
    broken = verify(target).first_broken
    assert broken is not None and broken.level == 3 and broken.first is not None
    assert "multi-label" in broken.first.what


def test_a_checkpoint_without_entailment_is_refused(tmp_path: Path) -> None:
    """Where the pipeline warns and takes the last label."""
    settings = {"id2label": {0: "no", 1: "yes"}, "label2id": {"no": 0, "yes": 1}}
    write(
        tmp_path,
        "AutoModelForSequenceClassification",
        "BERT",
        vocabulary="WordPiece, cased",
        settings=settings,
    )
    recipe = Recipe((str(tmp_path),), task=TASK)
    with pytest.raises(SourceError) as raised:
        registry.of(TASK).load(find(recipe), recipe)
    assert "entail" in str(raised.value) and "no: 0, yes: 1" in str(raised.value)


def test_plain_djl_is_counted(builds: Builds) -> None:
    """It cuts the longer text, not the first, where the model is short."""
    report = compare_stock(archive_of(builds("BERT")[1]))
    assert {s.name for s in report.strategies} == {
        "default",
        "one-label",
        "multi-label",
        "template",
    }
    assert report.texts >= 20
