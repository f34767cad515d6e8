"""Text ranking through the JVM: it holds, it predicts as the CrossEncoder, faults are named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from djlift.bench.calibrate import calibrate
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.errors import JvmError, SourceError
from djlift.parity.plain_djl import compare_stock
from djlift.parity.verify import verify
from djlift.predict import predict
from djlift.tasks import registry
from tests.support.checkpoints.tasks.text_ranking import MODELS, saved
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

TASK = "text-ranking"
BUILDS: Mapping[str, tuple[str, ...]] = {
    "BERT": ("fp32", "fp16", "int8"),
    "RoBERTa": ("fp32", "fp16"),
    # Its random weights give every pair nearly the same score: fp16 is refused.
    "XLM-R": ("fp32",),
    "DistilBERT": ("fp32", "fp16"),
}
QUERIES = [
    "Who wrote Emma?",
    "\u5929\u6c17 in Z\u00fcrich \U0001f600",
    "a query that goes on " * 30,
    "",
]
TEXTS = [
    "Jane Austen wrote it.",
    "",
    "Regen, \u00fcberall.",
    "words and words " * 80,
    "unbroken" * 40,
    "Jane Austen wrote it.",
]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Of each architecture."""
    return builds_of(TASK, MODELS, BUILDS, tmp_path_factory)


def the_cross_encoder(folder: Path) -> Any:
    """The checkpoint as sentence-transformers loads it; its limit as djlift sets it."""
    from sentence_transformers import CrossEncoder

    encoder = CrossEncoder(str(folder / "checkpoint"), device="cpu", local_files_only=True)
    loaded = registry.of(TASK).load(find(Recipe((str(folder / "checkpoint"),))))
    encoder.max_seq_length = loaded.max_length
    return encoder


@pytest.mark.parametrize("architecture", BUILDS)
def test_it_holds(architecture: str, builds: Builds) -> None:
    """Every level, in every precision that is not refused for its own sake; fp32 without a divergence."""
    _, result = builds(architecture)
    assert {b.precision for b in result.built} >= set(BUILDS[architecture]) - {"int8"}
    for one in result.built:
        assert one.report.holds, one.report.first_broken
        assert one.report.levels[1].compared >= 25


@pytest.mark.parametrize("architecture", ["BERT", "RoBERTa", "XLM-R", "DistilBERT"])
def test_scores_equal_those_of_the_cross_encoder(architecture: str, builds: Builds) -> None:
    """Of pairs that were not recorded, by the function, the prompt and the limit of the checkpoint."""
    folder, result = builds(architecture)
    pairs = [[query, text] for query in QUERIES for text in TEXTS]
    lines = [json.dumps({"query": query, "text": text}) for query, text in pairs]
    found = [json.loads(line) for line in predict(archive_of(result), lines)]
    encoder = the_cross_encoder(folder)
    for ours, theirs in zip(found, encoder.predict(pairs).tolist(), strict=True):
        key = "scores" if isinstance(theirs, list) else "score"
        assert ours == {key: pytest.approx(theirs, abs=1e-4)}


@pytest.mark.parametrize("parameters", [{}, {"top_k": 2}, {"function_to_apply": "none"}], ids=str)
def test_rankings_equal_those_of_the_cross_encoder(
    parameters: dict[str, Any], builds: Builds
) -> None:
    """Equal documents stand in the order in which they were given; no document is no ranking."""
    import torch

    folder, result = builds("RoBERTa")
    encoder = the_cross_encoder(folder)
    inputs = [{"query": query, "documents": TEXTS} for query in QUERIES]
    inputs.append({"query": "q", "documents": []})
    lines = [json.dumps(one) for one in inputs]
    found = [json.loads(line) for line in predict(archive_of(result), lines, parameters=parameters)]
    function = torch.nn.Identity() if parameters.get("function_to_apply") else None
    for given, ours in zip(inputs, found, strict=True):
        theirs = encoder.rank(
            given["query"],
            given["documents"],
            top_k=parameters.get("top_k"),
            activation_fn=function,
        )
        assert [one["index"] for one in ours["ranking"]] == [one["corpus_id"] for one in theirs]
        scores = [one["score"] for one in ours["ranking"]]
        assert scores == pytest.approx([one["score"] for one in theirs], abs=1e-4)


def test_softmax_over_several_labels(builds: Builds) -> None:
    """As ``predict(apply_softmax=True)``; a model of several labels ranks nothing."""
    folder, result = builds("DistilBERT")
    line = json.dumps({"query": QUERIES[0], "text": TEXTS[0]})
    (found,) = predict(archive_of(result), [line], parameters={"apply_softmax": True})
    theirs = the_cross_encoder(folder).predict([QUERIES[0], TEXTS[0]], apply_softmax=True)
    assert json.loads(found)["scores"] == pytest.approx(theirs.tolist(), abs=1e-4)
    with pytest.raises(JvmError, match="one score to rank by"):
        list(predict(archive_of(result), [json.dumps({"query": "q", "documents": ["a"]})]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"query": "q"}, "either"),
        ({"query": "q", "text": "a", "documents": ["b"]}, "both"),
        ({"query": 1, "text": "a"}, "query"),
        ({"query": "q", "documents": "a"}, "a list of texts"),
    ],
)
def test_other_inputs_are_refused(given: dict[str, Any], said: str, builds: Builds) -> None:
    """With what was expected and what was found."""
    with pytest.raises(JvmError) as raised:
        list(predict(archive_of(builds("BERT")[1]), [json.dumps(given)]))
    assert said in str(raised.value)


FAULTS = {
    "activation dropped": (parameter_changed("function_to_apply", "none"), 3, "default"),
    "prompt forgotten": (parameter_changed("prompt", "passage: "), 1, "ids"),
    "only the best": (parameter_changed("top_k", 1), 3, "default"),
    "pair swapped": (pair_swapped, 1, "ids"),
    "cut on the left": (cut_on_the_left, 1, "ids"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(fault: str, builds: Builds, tmp_path: Path) -> None:
    """The first level that breaks says what differs, on both sides."""
    edit, level, what = FAULTS[fault]
    report = verify(tampered(archive_of(builds("BERT")[1]), tmp_path / "tampered.zip", edit))
    broken = report.first_broken
    assert broken is not None and broken.level == level, broken
    assert broken.first is not None and what in broken.first.what
    assert broken.first.expected != broken.first.found


def test_another_function_is_refused(tmp_path: Path) -> None:
    """One that sentence-transformers itself would pass over is not passed over; the user may name another."""
    saved(tmp_path, architecture="BERT", vocabulary="WordPiece, cased", settings={"num_labels": 1})
    file = tmp_path / "config_sentence_transformers.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    for name in ("torch.nn.modules.activation.Tanh", "my.own.Function"):
        file.write_text(json.dumps(config | {"activation_fn": name}), encoding="utf-8")
        recipe = Recipe((str(tmp_path),))
        with pytest.raises(SourceError) as raised:
            registry.chosen(recipe, find(recipe)).load(find(recipe), recipe)
        assert name in str(raised.value) and "function_to_apply" in str(raised.value.mend)
        named = Recipe((str(tmp_path),), parameters={"function_to_apply": "none"})
        assert registry.of(TASK).load(find(named), named).defaults["function_to_apply"] == "none"


def test_plain_djl_is_counted(builds: Builds) -> None:
    """It ranks nothing, and scores pairs with its own limit of the texts."""
    report = compare_stock(archive_of(builds("BERT")[1]))
    assert {s.name for s in report.strategies} == {"default", "sigmoid", "none"}
    assert "prompt" in report.notes[0] and report.differing


def test_a_calibration_is_for_every_task(builds: Builds, tmp_path: Path) -> None:
    """On inputs as predict reads them, and predict gives the same with what was found."""
    packed, texts, found = archive_of(builds("BERT")[1]), tmp_path / "in.jsonl", tmp_path / "c.json"
    lines = [json.dumps({"query": q, "documents": TEXTS[:3]}) for q in QUERIES[:2]] * 4
    texts.write_text("\n".join(lines), encoding="utf-8")
    assert calibrate(packed, texts, found, seconds=0.2, threads=2).gain > 0
    assert list(predict(packed, lines, calibration=found)) == list(predict(packed, lines))
