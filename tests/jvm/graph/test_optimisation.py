"""ONNX Runtime's own rewriting of a graph as it is loaded: level 5 sees when it changes the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from djlift.parity.verify import verify
from tests.support import planted_faults
from tests.support.small_archives import archive

pytestmark = pytest.mark.jvm
_HUGE = 1e38
"""So large that what it multiplies leaves fp32, unless both factors are folded into one."""


@pytest.fixture(scope="module")
def small_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive for the default release."""
    return archive(("BERT", "WordPiece, cased"), tmp_path_factory.mktemp("bert"), count=20)


def scaled_up_and_down(folder: Path) -> None:
    """The last matrix product is scaled up before and down after.

    ONNX Runtime folds both factors into one, 1.0, and the result is right; node by node it is infinite.
    """
    file = folder / "model.onnx"
    model = onnx.load(file)
    (last,) = [n for n in model.graph.node if n.op_type == "MatMul" and _feeds_logits(model, n)]
    at = list(model.graph.node).index(last)
    values = {"huge": np.float32(_HUGE), "tiny": np.float32(1 / _HUGE)}
    for name, value in values.items():
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    up = onnx.helper.make_node("Mul", [last.input[0], "huge"], ["scaled_up"])
    down = onnx.helper.make_node("Mul", ["scaled_product", "tiny"], [last.output[0]])
    last.input[0], last.output[0] = "scaled_up", "scaled_product"
    model.graph.node.insert(at + 1, down)
    model.graph.node.insert(at, up)
    onnx.save(model, file)


def _feeds_logits(model: Any, node: Any) -> bool:
    users = [n for n in model.graph.node if node.output[0] in n.input]
    return any("logits" in user.output for user in users)


def test_a_graph_that_is_right_only_when_it_is_rewritten(small_bert: Path, tmp_path: Path) -> None:
    """Levels 1 to 3 run as consumers do and hold; level 5 names the variant that differs."""
    report = verify(
        planted_faults.tampered(small_bert, tmp_path / "planted.zip", scaled_up_and_down)
    )
    statuses = {level.level: level.status for level in report.levels}
    assert statuses == {0: "pass", 1: "pass", 2: "pass", 3: "pass", 5: "fail"}
    broken = report.first_broken
    assert broken is not None
    assert broken.first is not None
    assert broken.first.what == "logits with optimisation off"
    assert not report.holds


def test_a_mask_that_is_ignored_breaks_level_5(small_bert: Path, tmp_path: Path) -> None:
    """The wrong fusion that is likeliest, one that loses the mask, is seen without any reference."""
    report = verify(
        planted_faults.tampered(small_bert, tmp_path / "ignored.zip", planted_faults.mask_ignored)
    )
    (level,) = [found for found in report.levels if found.level == 5]
    assert level.status == "fail"
    assert level.first is not None
    assert any(name in level.first.what for name in ("alone", "batch", "padding"))
