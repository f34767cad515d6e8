"""Every architecture, by both exporters: n of n fused, and the logits of PyTorch under masks of every form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from tools.architectures import matrix
from tools.measure import fusion_routes
from torch.utils._python_dispatch import TorchDispatchMode

from djlift.base.targets import DEFAULT
from djlift.checkpoints.export import DYNAMO, export
from djlift.checkpoints.loading import Loaded, quiet
from djlift.graph import fusion_coverage, storage
from djlift.graph.converted import TORCHSCRIPT, Exported
from djlift.graph.fusion import convert, fuse
from tests.support import mixed_texts, torch_threads
from tests.support.checkpoints import architectures

FULL = ("BERT", "RoBERTa", "XLM-R", "DistilBERT", "ELECTRA", "MPNet")
ALSO = ("ALBERT", "CamemBERT", "ModernBERT")
ATTENTION_LEFT = ("DeBERTa-v2", "DeBERTa-v3")
"""ONNX Runtime has no operator for disentangled attention."""
PAIRS = dict(architectures.SHORT)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with torch_threads.one_thread():
        yield


@pytest.fixture(scope="module", params=PAIRS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """A small model of each architecture."""
    folder = tmp_path_factory.mktemp("checkpoint")
    return fusion_routes.loaded_pair((request.param, PAIRS[request.param]), folder)


def architecture(request: pytest.FixtureRequest) -> str:
    """The architecture that the test runs for."""
    return str(request.node.callspec.params["loaded"])


def fused(exported: Exported, loaded: Loaded, folder: Path, name: str) -> None:
    """Fused as far as the architecture goes, right for every mask, and readable by the target runtime."""
    converted = convert(exported, folder / "model.onnx")
    missing = {fusion_coverage.ATTENTION: 2} if name in ATTENTION_LEFT else {}
    expected = {p: n - missing.get(p, 0) for p, n in converted.expected.items()}
    assert dict(converted.found) == expected
    assert len(converted.remarks()) == len(missing)
    assert converted.opset <= DEFAULT.opset
    assert converted.ir <= DEFAULT.ir
    assert converted.size <= 1.1 * exported.file.stat().st_size
    gaps = fusion_routes.differences(onnx.load(converted.file), loaded, converted.inputs)
    assert all(gap < fusion_routes.TOLERANCE for gap in gaps.values()), gaps


def test_torchscript(loaded: Loaded, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """By the TorchScript exporter."""
    exported = export(loaded, tmp_path / "exported.onnx", TORCHSCRIPT)
    assert exported.exporter == TORCHSCRIPT
    assert (exported.heads, exported.layers) == (4, architectures.LAYERS)
    assert exported.limit == loaded.max_length
    fused(exported, loaded, tmp_path, architecture(request))


def test_dynamo(loaded: Loaded, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """By the newer exporter, which is left when the other one goes."""
    exported = export(loaded, tmp_path / "exported.onnx", DYNAMO)
    assert exported.exporter == DYNAMO
    fused(exported, loaded, tmp_path, architecture(request))


class _Operators(TorchDispatchMode):  # type: ignore[misc]
    """Counts the operators that torch runs."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.counts[func.__name__] += 1
        return func(*args, **(kwargs or {}))


def test_what_is_expected_is_what_torch_runs(loaded: Loaded) -> None:
    """Counted by modules, as build does it, or by the operators that torch runs: the same numbers."""
    ids = torch.ones((1, 4), dtype=torch.int64)
    before = loaded.model.config._attn_implementation
    loaded.model.set_attn_implementation("eager")
    try:
        with (
            quiet(),
            torch.no_grad(),
            fusion_coverage.counted(loaded.model) as found,
            _Operators() as ran,
        ):
            loaded.model(input_ids=ids, attention_mask=ids)
    finally:
        loaded.model.set_attn_implementation(before)
    counts = ran.counts
    # gelu_new is written out, with a tanh.
    gelu = counts["gelu.default"] + counts["tanh.default"]
    assert found[fusion_coverage.ATTENTION] == counts["_softmax.default"] == 2
    assert found[fusion_coverage.LAYER_NORM] == counts["native_layer_norm.default"] >= 5
    assert found[fusion_coverage.GELU] == gelu >= 2


def test_the_same_graph_gives_the_same_bytes(loaded: Loaded, tmp_path: Path) -> None:
    """Fusion is a function of its input."""
    exported = export(loaded, tmp_path / "exported.onnx", TORCHSCRIPT)
    once, again = (fuse(exported).SerializeToString(deterministic=True) for _ in range(2))
    assert once == again


def test_weights_that_stay_in_their_files_change_nothing(
    loaded: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past 2 GB the exporter writes a file for each weight: the same rules match, the same graph comes out."""
    exported = export(loaded, tmp_path / "exported.onnx", TORCHSCRIPT)
    whole = fuse(exported)
    (tmp_path / "large").mkdir()
    large = replace(exported, file=tmp_path / "large" / "exported.onnx")
    onnx.save_model(
        onnx.load(exported.file),
        large.file,
        save_as_external_data=True,
        all_tensors_to_one_file=False,
        size_threshold=1024,
    )
    monkeypatch.setattr(storage, "_SMALL", 4096)
    fused = fuse(large)
    assert any(t.data_location == t.EXTERNAL for t in fused.graph.initializer)
    storage.write(fused, tmp_path / "fused.onnx", source=large.file)
    written = storage.read(tmp_path / "fused.onnx")
    assert [str(n) for n in written.graph.node] == [str(n) for n in whole.graph.node]
    weights = {t.name: numpy_helper.to_array(t) for t in whole.graph.initializer}
    assert {t.name for t in written.graph.initializer} == set(weights)
    for tensor in written.graph.initializer:
        np.testing.assert_array_equal(numpy_helper.to_array(tensor), weights[tensor.name])


def test_ends_of_texts_are_not_enough(tmp_path: Path) -> None:
    """The comparison can fail: handed the places where texts end, padding on the left counts as text."""
    loaded = fusion_routes.loaded_pair(("BERT", PAIRS["BERT"]), tmp_path / "checkpoint")
    exported = export(loaded, tmp_path / "exported.onnx", TORCHSCRIPT)
    gaps = fusion_routes.differences(
        fusion_routes.by_optimizer(exported, loaded), loaded, exported.inputs
    )
    assert gaps["padded right"] < fusion_routes.TOLERANCE
    assert gaps["padded left"] > 1.0
    assert gaps["with holes"] > 1.0


@pytest.mark.jvm
@pytest.mark.parametrize("name", ("MPNet", "ALBERT", "ModernBERT"))
@pytest.mark.parametrize("exporter", (TORCHSCRIPT, DYNAMO))
def test_on_the_jvm(
    name: str, exporter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ONNX Runtime of DJL reads the operators that Python's optimizer would not have made."""
    monkeypatch.setenv("DJLIFT_EXPORTER", exporter)
    row = matrix.run((name, PAIRS[name]), mixed_texts.mixture(24, 5), tmp_path, 5)
    assert row.holds, matrix.shown(row)
    assert row.attention == "2/2"


@pytest.mark.jvm
def test_what_falls_short_is_said(tmp_path: Path) -> None:
    """An architecture without an operator for its attention: the build says so, inspect shows both numbers."""
    name = "DeBERTa-v2"
    architectures.write(name, PAIRS[name], tmp_path / "checkpoint")
    _limited(tmp_path / "checkpoint" / "tokenizer_config.json", 96)
    short = "attention is fused in 0 of 2 places"
    built = _djlift("build", "checkpoint", "--zoo", "zoo", "--name", "short", cwd=tmp_path)
    assert f"{short}: right, but slower" in built
    (archive,) = (tmp_path / "zoo").rglob("*.zip")
    inspected = _djlift("inspect", str(archive), cwd=tmp_path)
    assert "fused: attention 0/2, layer norm 5/5, gelu 2/2" in inspected
    assert short in inspected


def _limited(config: Path, tokens: int) -> None:
    """Texts of any length take minutes: positions that are only relative set no limit."""
    stated = json.loads(config.read_text("utf-8"))
    config.write_text(json.dumps({**stated, "model_max_length": tokens}), "utf-8")


def _djlift(*arguments: str, cwd: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "djlift.cli.main", *arguments],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
