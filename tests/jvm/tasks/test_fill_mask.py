"""Fill-mask through the JVM: it holds, it predicts as the pipeline, faults are named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djlift.archive import container
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.loading import quiet
from djlift.checkpoints.recipe import Recipe
from djlift.errors import JvmError
from djlift.parity.plain_djl import compare_stock
from djlift.parity.verify import verify
from djlift.predict import predict
from djlift.tasks import registry
from tests.support.checkpoints.tasks.fill_mask import MODELS
from tests.support.planted_faults import _edit_properties, tampered
from tests.support.task_archives import (
    Builds,
    archive_of,
    builds_of,
    cut_on_the_left,
    parameter_changed,
)

pytestmark = pytest.mark.jvm

TASK = "fill-mask"
BUILDS: Mapping[str, tuple[str, ...]] = {
    "BERT": ("fp32", "fp16", "int8"),
    "RoBERTa": ("fp32", "fp16"),
    "XLM-R": ("fp32",),
    # Added tokens that are normalized, stripped, special.
    "DistilBERT": ("fp32",),
    # Cut on the left: of a target that is no token, the last counts.
    "ELECTRA": ("fp32",),
}
TEXTS = [
    "{} has recorded this text.",
    "\u00dcber {} D\u00e4chern von Z\u00fcrich \U0001f600 don't , {} !",
    "un{}broken",
    "{}",
    "{}{} {} ,",
    "Berlin <num> New York {} ing <user> \u00dcber [UNK] <unk> [SEP] </s>",
    "early {} " + "many words that go on " * 40 + "early {}",
]
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"top_k": 25},
    {"targets": ["the", "Berlin", "unbekanntesWort", "\U0001f600", ""], "top_k": 9},
]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Of each architecture."""
    return builds_of(TASK, MODELS, BUILDS, tmp_path_factory)


@pytest.mark.parametrize("architecture", BUILDS)
def test_it_holds(architecture: str, builds: Builds) -> None:
    """Every level, in every precision but int8, which may be refused; fp32 without a divergence."""
    _, result = builds(architecture)
    for one in result.built:
        if one.precision == "int8":
            assert all(level.status != "fail" for level in one.report.levels[:4])
            continue
        assert one.report.holds, one.report.first_broken
        assert one.report.levels[1].compared >= 12


@pytest.mark.parametrize("architecture", BUILDS)
def test_predict_equals_the_pipeline(architecture: str, builds: Builds) -> None:
    """On texts that were not recorded: one mask, several, beside special and added tokens."""
    from transformers import FillMaskPipeline

    folder, result = builds(architecture)
    recipe = Recipe((str(folder / "checkpoint"),), task=TASK)
    # The limit in tokens as djlift set it, where a tokenizer states none.
    model = registry.of(TASK).load(find(recipe), recipe)
    mask = model.tokenizer.mask_token
    texts = [text.replace("{}", mask) for text in TEXTS]
    with quiet():
        pipe = FillMaskPipeline(model=model.model, tokenizer=model.tokenizer)
        for parameters in PARAMETERS:
            lines = [json.dumps({"text": text}) for text in texts]
            outputs = predict(archive_of(result), lines, parameters=parameters)
            for text, line in zip(texts, outputs, strict=True):
                theirs = pipe(text, tokenizer_kwargs={"truncation": True}, **parameters)
                expected = theirs if isinstance(theirs[0], list) else [theirs]
                found = json.loads(line)["masks"]
                assert [[bare(f) for f in m] for m in found] == [
                    [bare(f) for f in m] for m in expected
                ]
                for ours, other in zip(found, expected, strict=True):
                    assert [f["score"] for f in ours] == pytest.approx(
                        [f["score"] for f in other], abs=1e-4
                    )


def bare(fill: dict[str, Any]) -> tuple[int, str, str]:
    """All but the score."""
    return fill["token"], fill["token_str"], fill["sequence"]


@pytest.mark.parametrize(
    ("given", "parameters", "said"),
    [
        ({"text": "no mask"}, {}, "No mask_token ([MASK]) found"),
        ({"text": ""}, {}, "No mask_token"),
        ({"text": "far " * 90 + "[MASK]"}, {}, "No mask_token"),
        ({"text": "[MASK]"}, {"top_k": 100000}, "'top_k'"),
        ({"text": "[MASK]"}, {"targets": [""]}, "'targets'"),
        ({"text": "[MASK]", "more": 1}, {}, "more"),
    ],
)
def test_what_the_pipeline_refuses_is_refused(
    given: dict[str, Any], parameters: dict[str, Any], said: str, builds: Builds
) -> None:
    """With what was expected and what was found."""
    line = json.dumps(given)
    with pytest.raises(JvmError) as raised:
        list(predict(archive_of(builds("BERT")[1]), [line], parameters=parameters))
    assert said in str(raised.value)


FAULTS = {
    "another mask token": (lambda f: _edit_properties(f, maskTokenId="3"), 2, "logits"),
    "another top_k": (parameter_changed("top_k", 3), 3, "default"),
    "targets that nobody asked for": (parameter_changed("targets", ["the"]), 3, "default"),
    "spaces cleaned up": (
        lambda f: _edit_properties(f, cleanUpTokenizationSpaces="true"),
        3,
        "decoded",
    ),
    "padding token wrong": (lambda f: _edit_properties(f, padTokenId="3"), 3, "decoded"),
    "cut on the left": (cut_on_the_left, 1, "ids"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(fault: str, builds: Builds, tmp_path: Path) -> None:
    """The first level that breaks says what differs, on both sides."""
    edit, level, what = FAULTS[fault]
    # A decoder that has no cleaning of its own, for that to be seen.
    of = "RoBERTa" if fault == "spaces cleaned up" else "BERT"
    report = verify(tampered(archive_of(builds(of)[1]), tmp_path / "tampered.zip", edit))
    broken = report.first_broken
    assert broken is not None and broken.level == level, broken
    assert broken.first is not None and what in broken.first.what, broken.first
    assert broken.first.expected != broken.first.found


def test_a_mask_token_that_no_text_has_is_named(builds: Builds, tmp_path: Path) -> None:
    """The first text that has none."""
    source = archive_of(builds("BERT")[1])
    other = tampered(source, tmp_path / "t.zip", lambda f: _edit_properties(f, maskTokenId="1400"))
    with pytest.raises(JvmError) as raised:
        verify(other)
    assert "No mask_token" in str(raised.value)


@pytest.mark.parametrize(
    ("variant", "dropped"),
    [("targets", "targets"), ("top-1", "top_k"), ("unknown-target", "targets")],
)
def test_a_parameter_that_is_ignored_is_named(
    variant: str, dropped: str, builds: Builds, tmp_path: Path
) -> None:
    """A call that asks for targets and gets the whole vocabulary."""
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


def test_plain_djl_is_counted(builds: Builds) -> None:
    """It fills one mask, and joins the tokens' texts where they have no space between."""
    report = compare_stock(archive_of(builds("BERT")[1]))
    assert {s.name for s in report.strategies} == {"default", "top-1", "top-20"}
    assert report.texts >= 12
