"""An inspection is shown whole, whatever its manifest holds."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from djlift.archive.container import Problem
from djlift.cli.commands.inspect import show
from djlift.inspection import Inspection
from tests.support.builders import a_manifest
from tests.support.parity_reports import a_report


def test_inspection(tmp_path: Path) -> None:
    """An inspection shows where a model came from, and each file that is not what was packed."""
    out = io.StringIO()
    console = Console(file=out, width=200, no_color=True)
    problem = Problem("model.onnx", "4 bytes", "5 bytes")
    manifest = a_manifest(parity=a_report().figures(), licence="[mit]")
    show(Inspection(tmp_path / "x.zip", 1234, manifest, (problem,)), console)
    text = out.getvalue()
    for part in ("org.example.nlp:tiny-ner:1.0.0 fp32", "[mit]", "1,234 bytes", "B-PER, I-PER"):
        assert part in text
    assert "model.onnx: expected 4 bytes, found 5 bytes" in text
    assert "level 1" in text


def test_inspection_of_what_is_fused(tmp_path: Path) -> None:
    """Fused of expected, by pattern, and what falls short; of older archives the operators."""
    counts = {"attention": {"fused": 0, "expected": 2}, "gelu": {"fused": 2, "expected": 2}}
    graph = {
        "nodes": 9,
        "fused": {"BiasGelu": 2},
        "remarks": ["attention is fused in 0 of 2 places"],
    }
    found = Inspection(tmp_path / "x.zip", 1, a_manifest(graph={**graph, "patterns": counts}), ())
    out = io.StringIO()
    show(found, Console(file=out, width=200, no_color=True))
    assert "9 nodes; fused: attention 0/2, gelu 2/2" in out.getvalue()
    assert "attention is fused in 0 of 2 places" in out.getvalue()
    assert found.to_dict()["fused"] == "attention 0/2, gelu 2/2"
    assert Inspection(tmp_path / "x.zip", 1, a_manifest(graph=graph), ()).fused() == "BiasGelu 2"


@pytest.mark.parametrize(
    "changes",
    [
        {"graph": {}, "model": {}, "target": {}, "golden": {}, "source": {}},
        {"parity": {}},
        {"parity": {"levels": [{}]}},
        {"parity": {"levels": None}},
        {"graph": {"fused": None, "remarks": None}},
        {"graph": {"fused": [], "patterns": {"attention": 3}}},
        {"graph": {"patterns": {"attention": {"fused": [], "expected": "many"}}}},
        {"model": {"labels": [1, None], "remarks": None}},
    ],
)
def test_inspection_of_another_s_manifest(tmp_path: Path, changes: dict[str, object]) -> None:
    """The free-form fields of a manifest may hold anything: the inspection shows what it can."""
    out = io.StringIO()
    found = Inspection(tmp_path / "x.zip", 1, a_manifest(**changes), ())
    show(found, Console(file=out, width=200, no_color=True))
    assert "the files are what was packed" in out.getvalue()
