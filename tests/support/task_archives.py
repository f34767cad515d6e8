"""Archives of small checkpoints of a task, built on a part of the built-in texts, and faults for all tasks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from djlift.builder.build import BuildResult, build
from djlift.checkpoints.recipe import Recipe
from djlift.parity.result import FAIL, ParityReport
from djlift.texts import corpus
from djlift.texts.text import LONG
from tests.support.checkpoints.tasks import Writer
from tests.support.planted_faults import _edit_json, _edit_properties

EVERY = 9


def built(
    task: str, writer: Writer, folder: Path, precisions: tuple[str, ...], **parameters: Any
) -> BuildResult:
    """Write a checkpoint to ``folder/checkpoint``, and build it on every ninth text and the long ones."""
    source = folder / "checkpoint"
    source.mkdir()
    writer(source)
    recipe = Recipe(
        (str(source),),
        name="model",
        group="org.example",
        precisions=precisions,
        task=task,
        parameters=parameters or None,
    )
    chosen = tuple(
        text
        for number, text in enumerate(corpus.builtin())
        if number % EVERY == 0 or (text.group == LONG and number % 2)
    )
    with patch.object(corpus, "builtin", lambda: chosen):
        return build(recipe, folder / "zoo")


Builds = Callable[[str], tuple[Path, BuildResult]]
"""The folder and the build of an architecture, made once."""


def builds_of(
    task: str,
    models: Mapping[str, Writer],
    precisions: Mapping[str, tuple[str, ...]],
    folders: pytest.TempPathFactory,
) -> Builds:
    """Builds of a task's checkpoints, each when it is first asked for.

    Args:
        precisions: By architecture.
    """

    @cache
    def of(architecture: str) -> tuple[Path, BuildResult]:
        folder = folders.mktemp("builds")
        return folder, built(task, models[architecture], folder, precisions[architecture])

    return of


def proven(report: ParityReport, most_ties: float = 0.0) -> bool:
    """Whether an archive was proven, or would have been but for close decisions.

    Args:
        most_ties: Share of the outputs that may be near-ties. Random weights put scores as close as rounding
            more often than the share that an archive is allowed.
    """
    if report.holds:
        return True
    outputs = report.levels[3]
    others = [level for level in report.levels if level.level != outputs.level]
    return (
        outputs.level == 3
        and outputs.divergences == 0
        and len(outputs.near_ties) <= most_ties * outputs.figures["outputs"]
        and all(level.status != FAIL for level in others)
    )


def archive_of(result: BuildResult, precision: str = "fp32") -> Path:
    """The archive of a precision; the report as the reason where there is none."""
    (one,) = [b for b in result.built if b.precision == precision]
    assert one.archive is not None, one.report.to_dict()
    return one.archive


def parameter_changed(name: str, value: Any) -> Callable[[Path], None]:
    """The archive's default of a parameter is another."""

    def edit(folder: Path) -> None:
        for line in (folder / "serving.properties").read_text(encoding="ascii").splitlines():
            if line.startswith("parameters="):
                found = json.loads(line.partition("=")[2].replace("\\\\", "\\"))
        assert found[name] != value
        _edit_properties(folder, parameters=json.dumps(found | {name: value}))

    return edit


def pair_swapped(folder: Path) -> None:
    """The second text of a pair stands before the first."""

    def swap(data: dict[str, Any]) -> None:
        post = data["post_processor"]
        assert post["type"] == "TemplateProcessing"
        for part in post["pair"]:
            if "Sequence" in part:
                part["Sequence"]["id"] = {"A": "B", "B": "A"}[part["Sequence"]["id"]]

    _edit_json(folder / "tokenizer.json", swap)


def cut_on_the_left(folder: Path) -> None:
    """What is too long loses its beginning."""

    def turn(data: dict[str, Any]) -> None:
        assert data["truncation"]["direction"] == "Right"
        data["truncation"]["direction"] = "Left"

    _edit_json(folder / "tokenizer.json", turn)
