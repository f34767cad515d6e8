"""No precision takes another down: what was proven is written, and every verdict is reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import onnx
import pytest
from tools.measure import float16_architectures
from typer.testing import CliRunner

from djlift.builder import build
from djlift.cli.main import app
from djlift.graph.converted import Converted
from djlift.precision.candidates import Source
from djlift.texts import corpus
from tests.support.checkpoints import architectures
from tests.support.torch_threads import one_thread

pytestmark = pytest.mark.jvm
BROKEN = {"verdict": "broken", "code": "internal-error"}
PROVEN = {"verdict": "proven"}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apart") / "checkpoint"
    architectures.write("BERT", "WordPiece, cased", folder)
    return folder


def run(checkpoint: Path, zoo: Path, *precisions: str) -> tuple[int, dict[str, Any], str]:
    """Exit code of ``djlift build --json``, what it printed on stdout, and stderr."""
    given = [part for p in precisions for part in ("--precision", p)]
    few = corpus.builtin()[::40]
    with one_thread(), patch.object(corpus, "builtin", lambda: few):
        ran = CliRunner().invoke(
            app,
            ["build", str(checkpoint), *given, "--name", "small", "--zoo", str(zoo), "--json"],
        )
    return ran.exit_code, json.loads(ran.stdout), ran.stderr


def archives(zoo: Path) -> list[str]:
    """Every file of a zoo but its metadata and its lock."""
    beside = ("metadata.json", ".djlift.lock")
    return sorted(f.name for f in zoo.rglob("*") if f.is_file() and f.name not in beside)


def failing(step: str, of: str = "fp16") -> Callable[..., Any]:
    """A step of the build that breaks for a precision."""
    real = getattr(build, step)

    def broken(*given: Any, **more: Any) -> Any:
        if of in " ".join(map(str, given)):
            raise IndexError("planted")
        return real(*given, **more)

    return broken


@pytest.mark.parametrize("step", ["candidates", "pack", "verify"])
def test_a_fault_in_fp16_leaves_fp32(
    step: str, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Converting, packing and proving: fp32 comes after it and is written; nothing of fp16 is."""
    monkeypatch.setattr(build, step, failing(step))
    code, found, said = run(checkpoint, tmp_path / "zoo", "fp16", "fp32")
    assert code == 2
    assert found["precisions"] == {"fp32": PROVEN, "fp16": BROKEN}
    assert "IndexError: planted" in found["refused"]["fp16"]["found"]
    assert "code:     internal-error" in said
    (written,) = archives(tmp_path / "zoo")
    assert found["archives"][0]["archive"].endswith(written)


def test_a_precision_without_parity_leaves_the_other(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head's bias of the fp16 graph is another: exit 1."""
    real = build.candidates

    def other(source: Source, precision: str) -> Iterator[Converted]:
        for graph in real(source, precision):
            if precision == "fp16":
                model = onnx.load(graph.file)
                bias = next(
                    w for w in model.graph.initializer if w.name.endswith("classifier.bias")
                )
                values = onnx.numpy_helper.to_array(bias)[::-1] + np.float16(3)
                bias.CopyFrom(onnx.numpy_helper.from_array(values.copy(), bias.name))
                onnx.save(model, graph.file)
                yield replace(graph, size=graph.file.stat().st_size)
            else:
                yield graph

    monkeypatch.setattr(build, "candidates", other)
    code, found, _ = run(checkpoint, tmp_path / "zoo", "fp16", "fp32")
    assert code == 1
    assert found["precisions"] == {"fp16": {"verdict": "not proven"}, "fp32": PROVEN}
    assert len(archives(tmp_path / "zoo")) == 1


def test_all_verdicts_are_reported_when_none_holds(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any) -> Any:
        raise IndexError("planted")

    monkeypatch.setattr(build, "candidates", broken)
    code, found, _ = run(checkpoint, tmp_path / "zoo", "fp32", "fp16")
    assert code == 2
    assert found["precisions"] == {"fp32": BROKEN, "fp16": BROKEN}
    assert archives(tmp_path / "zoo") == []


def test_an_archive_of_the_zoo_that_breaks_leaves_the_other(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is proven again, not built again: found damaged, and then broken by a fault of djlift's own."""
    code, _, _ = run(checkpoint, tmp_path / "zoo", "fp32")
    assert code == 0
    (held,) = (tmp_path / "zoo").rglob("*.zip")
    data = bytearray(held.read_bytes())
    data[len(data) // 2] ^= 0xFF
    held.write_bytes(data)
    code, found, _ = run(checkpoint, tmp_path / "zoo", "fp32", "fp16")
    assert code == 1
    assert found["precisions"] == {"fp32": {"verdict": "not proven"}, "fp16": PROVEN}
    monkeypatch.setattr(build, "verify", failing("verify", "fp32"))
    code, found, _ = run(checkpoint, tmp_path / "zoo", "fp32", "fp16")
    assert code == 2
    assert found["precisions"] == {"fp32": BROKEN, "fp16": PROVEN}
    assert found["archives"][0]["reused"]


@pytest.mark.parametrize("architecture", ["nemotron", "qwen2"])
def test_both_precisions_of_a_small_checkpoint_are_proven(architecture: str) -> None:
    """Of architectures beyond the matrix: what is refused of these is no fault of the checkpoint."""
    with one_thread():
        found = float16_architectures.row(architecture, float16_architectures.proven)
    assert all(verdict.startswith(float16_architectures.PROVEN) for verdict in found), found
