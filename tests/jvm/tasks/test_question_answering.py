"""Question answering through the JVM: it holds, it predicts as the reference, faults are named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import onnx
import pytest

from djlift.archive import container
from djlift.archive.golden import Answered, Golden
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.errors import JvmError
from djlift.parity.plain_djl import compare_stock
from djlift.parity.verify import verify
from djlift.predict import predict
from djlift.tasks import registry
from djlift.tasks.question_answering import pipeline
from tests.support.checkpoints.tasks.question_answering import MODELS
from tests.support.planted_faults import _edit_properties, tampered
from tests.support.task_archives import (
    Builds,
    archive_of,
    builds_of,
    pair_swapped,
    parameter_changed,
)

pytestmark = pytest.mark.jvm

TASK = "question-answering"
BUILDS: Mapping[str, tuple[str, ...]] = {
    "BERT": ("fp32", "fp16", "int8"),
    "RoBERTa": ("fp32", "fp16"),
    "XLM-R": ("fp32",),
    # Its tokenizer pads on the left: the context comes first.
    "ELECTRA": ("fp32",),
}
CONTEXTS = [
    "Nobody has recorded this text.",
    "\u00dcber den D\u00e4chern von Z\u00fcrich \U0001f600\U0001f600 regnet es. Und in Basel?",
    "unbroken" * 60,
    "Paris, PARIS, paris; \u0130stanbul i\u0307stanbul " * 20,
    " ",
    "[CLS] and <s> and [PAD] <pad> [SEP] stand here as words.",
]
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"top_k": 7, "handle_impossible_answer": True},
    {"max_seq_len": 40, "doc_stride": 5, "top_k": 3, "align_to_words": False},
    {"max_answer_len": 1, "top_k": 2},
]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Of each architecture."""
    return builds_of(TASK, MODELS, BUILDS, tmp_path_factory)


def loaded(folder: Path) -> Loaded:
    """The checkpoint of a build."""
    recipe = Recipe((str(folder / "checkpoint"),), task=TASK)
    return registry.of(TASK).load(find(recipe), recipe)


@pytest.mark.parametrize("architecture", BUILDS)
def test_it_holds(architecture: str, builds: Builds) -> None:
    """Every level, in every precision but int8, which may be refused; fp32 without a divergence."""
    _, result = builds(architecture)
    for one in result.built:
        if one.precision == "int8":
            # Proven or not: never by a decoder that is other than the reference's.
            assert all(level.status != "fail" for level in one.report.levels[:4])
            continue
        assert one.report.holds, one.report.first_broken
        assert one.report.levels[1].compared >= 12


@pytest.mark.parametrize("architecture", BUILDS)
def test_predict_equals_the_reference(architecture: str, builds: Builds) -> None:
    """On contexts that were not recorded, with every parameter."""
    folder, result = builds(architecture)
    model = loaded(folder)
    task = registry.of(TASK)
    given = [{"question": "Where is it?", "context": context} for context in CONTEXTS]
    for parameters in PARAMETERS:
        lines = [json.dumps(one) for one in given]
        settings = {**model.defaults, **parameters}
        for one, line in zip(
            given, predict(archive_of(result), lines, parameters=parameters), strict=True
        ):
            windows = task.windows(model, one, settings)
            expected = task.output(model, one, windows, settings)["answers"]
            found = json.loads(line)["answers"]
            names = ("answer", "start", "end", "utf16_start", "utf16_end")
            assert [[a[n] for n in names] for a in found] == [
                [a[n] for n in names] for a in expected
            ]
            assert [a["score"] for a in found] == pytest.approx(
                [a["score"] for a in expected], rel=1e-3, abs=1e-4
            )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"question": "", "context": "c"}, "`question` cannot be empty"),
        ({"question": "q", "context": ""}, "`context` cannot be empty"),
        ({"question": "q"}, "expected a text for 'context'"),
        ({"question": "q", "context": "c", "more": 1}, "more"),
        ({"question": "a " * 35, "context": "a " * 40}, "stride must be less than"),
    ],
)
def test_what_the_pipeline_refuses_is_refused(
    given: dict[str, Any], said: str, builds: Builds
) -> None:
    """With what was expected and what was found."""
    with pytest.raises(JvmError) as raised:
        list(predict(archive_of(builds("BERT")[1]), [json.dumps(given)]))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"max_seq_len": 65}, "at most 64 for 'max_seq_len'"),
        ({"max_seq_len": 20, "doc_stride": 17}, "less than 17 for 'doc_stride'"),
        ({"max_seq_len": 3}, "'doc_stride'"),
    ],
)
def test_parameters_that_fit_no_model_are_refused(
    parameters: dict[str, Any], said: str, builds: Builds
) -> None:
    """By the name of the parameter."""
    line = json.dumps({"question": "q", "context": "c"})
    with pytest.raises(JvmError) as raised:
        list(predict(archive_of(builds("BERT")[1]), [line], parameters=parameters))
    assert said in str(raised.value)


def outputs_swapped(folder: Path) -> None:
    """What says where answers end says where they start."""
    model = onnx.load(folder / "model.onnx")
    names = {"start_logits": "end_logits", "end_logits": "start_logits"}
    for node in model.graph.node:
        node.output[:] = [names.get(name, name) for name in node.output]
        node.input[:] = [names.get(name, name) for name in node.input]
    onnx.save(model, folder / "model.onnx")


FAULTS = {
    "max_answer_len ignored": (parameter_changed("max_answer_len", 1000), 3, ("decoded",)),
    "question and context swapped": (
        lambda f: _edit_properties(f, questionFirst="false"),
        1,
        ("ids",),
    ),
    "pair swapped": (pair_swapped, 1, ("ids",)),
    # With some vocabularies the first text that differs has as many windows, of other tokens.
    "another stride": (parameter_changed("doc_stride", 3), 1, ("windows", "ids")),
    "cls token masked": (lambda f: _edit_properties(f, clsTokenId="-1"), 3, ("decoded",)),
    "words ignored": (parameter_changed("align_to_words", False), 3, ("default",)),
    "starts and ends swapped": (outputs_swapped, 2, ("logits",)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(fault: str, builds: Builds, tmp_path: Path) -> None:
    """The first level that breaks says what differs, on both sides."""
    edit, level, words = FAULTS[fault]
    report = verify(tampered(archive_of(builds("BERT")[1]), tmp_path / "tampered.zip", edit))
    broken = report.first_broken
    assert broken is not None and broken.level == level, broken
    assert broken.first is not None, broken
    assert any(word in broken.first.what for word in words), broken.first
    assert broken.first.expected != broken.first.found


@pytest.mark.parametrize(
    ("variant", "dropped"),
    [
        ("impossible-top", "handle_impossible_answer"),
        ("short-answers", "max_answer_len"),
        ("tokens", "align_to_words"),
        ("top", "top_k"),
    ],
)
def test_a_parameter_that_is_ignored_is_named(
    variant: str, dropped: str, builds: Builds, tmp_path: Path
) -> None:
    """A call that asks for it and gets what is given without: such as no answer where there is none."""
    target = tmp_path / "tampered.zip"
    with container.opened(archive_of(builds("BERT")[1])) as found:
        golden = json.loads(json.dumps(dict(found.manifest.golden)))
        del golden["variants"][variant]["parameters"][dropped]
        (found.folder / "djlift.json").unlink()
        container.seal(found.folder, replace(found.manifest, golden=golden))
        container.pack(found.folder, target)
    broken = verify(target).first_broken
    assert broken is not None and broken.level == 3 and broken.first is not None
    assert f"({variant})" in broken.first.what


def test_a_wrong_span_rule_is_named(builds: Builds, tmp_path: Path) -> None:
    """Answers that may end before they start, on one of the sides."""
    folder, result = builds("BERT")
    model, task = loaded(folder), registry.of(TASK)

    def reversed_too(files: Path) -> None:
        golden = Golden.read(files)
        cases = []
        with patch.object(pipeline.np, "triu", lambda outer: outer):
            for case in golden.cases:
                assert isinstance(case, Answered)
                wrong = task.output(model, case.given, case.windows["plain"], model.defaults)
                cases.append(replace(case, answers={**case.answers, "default": wrong}))
        assert any(
            c.answers["default"] != g.answers["default"]
            for c, g in zip(cases, golden.cases, strict=True)
            if isinstance(g, Answered)
        )
        replace(golden, cases=tuple(cases)).write(files)

    report = verify(tampered(archive_of(result), tmp_path / "tampered.zip", reversed_too))
    broken = report.first_broken
    assert np.triu(np.ones((2, 2))).sum() == 3
    assert broken is not None and broken.level == 3 and broken.first is not None
    assert "(default)" in broken.first.what


def test_plain_djl_is_counted(builds: Builds) -> None:
    """Its translator needs an operator that ONNX Runtime has not in DJL: it answers nothing without PyTorch."""
    report = compare_stock(archive_of(builds("BERT")[1]))
    (only,) = report.strategies
    assert only.name == "default" and report.texts >= 12
    assert only.causes == {"error": report.texts}
    assert "UnsupportedOperationException" in only.examples[0].found
