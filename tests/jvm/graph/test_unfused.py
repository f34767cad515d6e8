"""A fusion that would be wrong is not shipped: the archive holds the exported graph, and says so."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest
from tools.measure import fusion_routes

from djlift.builder.build import build
from djlift.checkpoints.export import export
from djlift.checkpoints.recipe import Recipe
from djlift.graph import fusion as graph_fusion
from djlift.graph import fusion_coverage
from djlift.precision.candidates import Source, candidates
from djlift.tasks.token_classification.reference import record
from tests.support import mixed_texts, planted_faults, torch_threads
from tests.support.checkpoints import architectures

PAIR = ("BERT", dict(architectures.SHORT)["BERT"])


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with torch_threads.one_thread():
        yield


FUSE = graph_fusion.fuse


def without_mask(*arguments: Any) -> Any:
    """A rule that loses the mask on the way, as fusing rules for unknown graphs like to do."""
    with tempfile.TemporaryDirectory() as name:
        onnx.save(FUSE(*arguments), Path(name) / "model.onnx")
        planted_faults.mask_ignored(Path(name))
        return onnx.load(Path(name) / "model.onnx")


def _source(folder: Path) -> Source:
    loaded = fusion_routes.loaded_pair(PAIR, folder / "checkpoint")
    golden = record(loaded, mixed_texts.mixture(60, 0))
    exported = export(loaded, folder / "exported.onnx")
    pad_id = loaded.tokenizer.pad_token_id
    return Source(exported, golden, pad_id, lambda _: 1.0, folder)


def test_a_right_fusion_is_kept(tmp_path: Path) -> None:
    """No remark, and the same graph for every precision."""
    source = _source(tmp_path)
    assert source.fused.found[fusion_coverage.ATTENTION] == architectures.LAYERS
    assert source.fused.remarks() == ()
    assert source.fused is source.fused


def test_a_wrong_fusion_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remarks say what is missing and why."""
    monkeypatch.setattr(graph_fusion, "fuse", without_mask)
    found = _source(tmp_path).fused
    assert found.found[fusion_coverage.ATTENTION] == 0
    assert any("the fused graph gave other logits" in remark for remark in found.remarks())
    assert any("attention" in remark for remark in found.remarks())


def test_what_fusion_is_not_to_blame_for_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the exported graph differs just as much, the JVM shall name the difference."""
    source = _source(tmp_path)
    onnx.save(without_mask(source.exported), source.exported.file)
    monkeypatch.setattr(graph_fusion, "fuse", lambda exported: onnx.load(exported.file))
    assert not any("gave other logits" in remark for remark in source.fused.remarks())


@pytest.mark.jvm
def test_a_build_holds_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive passes on the JVM and carries the remark."""
    monkeypatch.setattr(graph_fusion, "fuse", without_mask)
    architectures.write(*PAIR, tmp_path / "checkpoint")
    recipe = Recipe((str(tmp_path / "checkpoint"),), name="plain")
    result = build(recipe, tmp_path / "zoo")
    assert result.holds, [level for level in result.built[0].report.levels if level.first]
    graph = result.built[0].manifest.graph
    assert graph["patterns"][fusion_coverage.ATTENTION]["fused"] == 0
    assert any("gave other logits" in remark for remark in graph["remarks"])


def test_a_lower_precision_says_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fp16 starts from the exported graph as well."""
    monkeypatch.setattr(graph_fusion, "fuse", without_mask)
    (half, *_) = candidates(_source(tmp_path), "fp16")
    assert half.found[fusion_coverage.ATTENTION] == 0
    assert any("gave other logits" in remark for remark in half.remarks())
