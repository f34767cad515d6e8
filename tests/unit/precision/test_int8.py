"""int8: what is quantised, the same bytes, and the search for what stays in fp32."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from djlift.base import cpu_class
from djlift.errors import NotProven
from djlift.graph.evaluation import Verdict
from djlift.graph.runtime import session
from djlift.precision import int8_search
from djlift.precision.int8_search import Tried, fewest
from djlift.tasks.frame.tolerance import BOUND

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from djlift.precision import int8  # noqa: E402


def a_graph(file: Path) -> Path:
    """An embedding and three matrices, the last two of one weight; one node has no name."""
    helper, numbers = onnx.helper, np.random.default_rng(5)
    weights = {
        "table": numbers.normal(size=(50, 16)),
        "first": numbers.normal(size=(16, 16)),
        "shared": numbers.normal(size=(16, 16)),
    }
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"], "embed"),
        helper.make_node("MatMul", ["rows", "first"], ["a"], "one"),
        helper.make_node("MatMul", ["a", "shared"], ["b"], ""),
        helper.make_node("MatMul", ["b", "shared"], ["logits"], "three"),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["batch", "tokens", 16])],
        [onnx.numpy_helper.from_array(w.astype(np.float32), n) for n, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, file)
    return file


def test_units(tmp_path: Path) -> None:
    """Nodes that share a weight are one unit; every node has a name."""
    found = int8.units(int8.prepared(a_graph(tmp_path / "a.onnx")))
    assert [u.nodes for u in found] == [("embed",), ("one",), ("MatMul_2", "three")]
    assert [u.weights for u in found] == [800, 256, 256]


@pytest.mark.parametrize("scheme", int8.SCHEMES, ids=lambda s: s.name)
def test_quantized(tmp_path: Path, scheme: int8.Scheme) -> None:
    """Every weight but those kept is in 8 bits, the logits are near, and the bytes are the same again."""
    model = int8.prepared(a_graph(tmp_path / "a.onnx"))
    one, two = tmp_path / "one.onnx", tmp_path / "two.onnx"
    int8.quantized(model, scheme, (), one)
    int8.quantized(model, scheme, (), two)
    assert one.read_bytes() == two.read_bytes()
    kinds = {n.op_type for n in onnx.load(one).graph.node}
    assert {"MatMulInteger", "DynamicQuantizeLinear"} <= kinds
    assert "MatMul" not in kinds
    large = [w for w in onnx.load(one).graph.initializer if np.prod(w.dims) > 100]
    assert {w.data_type for w in large} <= {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}
    if scheme.portable:
        assert 0 < off(tmp_path / "a.onnx", one) < 0.05


def off(exact: Path, file: Path) -> float:
    """Largest difference of a graph's logits, relative to their range."""
    ids = {"ids": np.arange(12, dtype=np.int64).reshape(2, 6)}
    right = session(exact).run(None, ids)[0]
    return float(
        np.abs(session(file).run(None, ids)[0] - right).max() / (right.max() - right.min())
    )


@pytest.mark.skipif(cpu_class.here() not in ("avx2", "avx512"), reason="this CPU does not saturate")
def test_why_u8s8_does_not_ship(tmp_path: Path) -> None:
    """Where there is no VNNI, pairs of products overflow 16 bits; the other two schemes cannot."""
    model = int8.prepared(a_graph(tmp_path / "a.onnx"))
    found = {}
    for scheme in int8.SCHEMES:
        file = tmp_path / f"{scheme.name}.onnx"
        int8.quantized(model, scheme, (), file)
        found[scheme.name] = off(tmp_path / "a.onnx", file)
    assert {s.name for s in int8.PORTABLE} == {"u8u8", "u8s7"}
    assert found["u8s8"] > 5 * max(found["u8u8"], found["u8s7"])


def test_kept_nodes_stay(tmp_path: Path) -> None:
    """A node that is kept multiplies in fp32."""
    model = int8.prepared(a_graph(tmp_path / "a.onnx"))
    file = tmp_path / "kept.onnx"
    int8.quantized(model, int8.PORTABLE[0], ("one",), file)
    assert [n.name for n in onnx.load(file).graph.node if n.op_type == "MatMul"] == ["one"]


def test_the_bytes_are_known(tmp_path: Path) -> None:
    """No set's order, no time and no path reaches the bytes: one process gives what another gives."""
    a_graph(tmp_path / "a.onnx")
    code = (
        "import sys; from pathlib import Path; from djlift.precision import int8 as q; f = Path(sys.argv[1]);"
        "q.quantized(q.prepared(f / 'a.onnx'), q.PORTABLE[0], ('one', 'three'), f / sys.argv[2])"
    )
    digests = set()
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), f"{seed}.onnx"],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        digests.add(hashlib.sha256((tmp_path / f"{seed}.onnx").read_bytes()).hexdigest())
    assert len(digests) == 1


def tried(kept: int, needed: int, *, per_unit: float = 0.0, finite: bool = True) -> Tried:
    """A trial that holds from ``needed`` units on."""
    figure = BOUND + (0.01 if kept >= needed else -0.01)
    return Tried(kept, Verdict(0.1, 0.1, 1.0, finite, 10), figure, 0.26 + per_unit * kept)


@pytest.mark.parametrize("needed", range(27))
def test_fewest(needed: int) -> None:
    """The fewest that hold are found, in a number of trials that grows with the logarithm."""
    asked: list[int] = []

    def attempt(kept: int) -> Tried:
        asked.append(kept)
        return tried(kept, needed)

    assert fewest(attempt, 26) == needed
    assert len(asked) <= 12


def test_fewest_within_the_size() -> None:
    """What would be too large is no answer; what just fits is."""
    assert fewest(lambda k: tried(k, 20, per_unit=0.02), 26) is None
    assert fewest(lambda k: tried(k, 11, per_unit=0.02), 26) == 11
    assert fewest(lambda k: tried(k, 27), 26) is None
    assert fewest(lambda k: tried(k, 0, finite=False), 26) is None


def test_refusal_names_the_figure() -> None:
    """The best that fits is in the error."""
    error = int8_search._refused([tried(0, 9), tried(8, 9), tried(9, 9, per_unit=1.0)], 26)
    assert isinstance(error, NotProven)
    assert error.exit_code == 1
    assert "0.9400" in error.text()
