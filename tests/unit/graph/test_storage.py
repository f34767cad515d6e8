"""ONNX files whose weights are in the graph, or too large for that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from djlift.errors import ExportError
from djlift.graph import storage

onnx = pytest.importorskip("onnx")


def a_graph(rows: int = 400) -> Any:
    """A graph with a large weight, a small one, and one inside a node."""
    from onnx import TensorProto, helper, numpy_helper

    weight = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)
    constant = numpy_helper.from_array(weight[:300], "constant")
    return helper.make_model(
        helper.make_graph(
            [
                helper.make_node("Constant", [], ["other"], value=constant),
                helper.make_node("Gather", ["table", "ids"], ["found"]),
                helper.make_node("Add", ["found", "bias"], ["logits"]),
            ],
            "lookup",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])],
            [
                numpy_helper.from_array(weight, "table"),
                numpy_helper.from_array(np.ones(3, np.float32), "bias"),
            ],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


def test_a_small_graph_is_one_file(tmp_path: Path) -> None:
    """No second file, and a stale one of an earlier run goes."""
    file = tmp_path / "model.onnx"
    storage.weights_file(file).write_bytes(b"stale")
    assert storage.write(a_graph(), file) == file.stat().st_size
    assert not storage.weights_file(file).exists()
    assert storage.read(file) == a_graph()


def test_a_large_graph_is_two_files(tmp_path: Path) -> None:
    """Initializers of a kilobyte or more go beside the graph, and come back the same; so do their bytes."""
    file = tmp_path / "model.onnx"
    size = storage.write(a_graph(), file, limit=1000)
    weights = storage.weights_file(file)
    assert size == file.stat().st_size + weights.stat().st_size
    assert file.stat().st_size < 4000 < weights.stat().st_size
    assert {t.name for t in storage.read(file).graph.initializer} == {"table", "bias"}
    for written, made in zip(
        storage.tensors(storage.read(file).graph), storage.tensors(a_graph().graph), strict=True
    ):
        assert written.raw_data == made.raw_data
    first = file.read_bytes(), weights.read_bytes()
    storage.write(a_graph(), file, limit=1000)
    assert (file.read_bytes(), weights.read_bytes()) == first


def test_without_weights(tmp_path: Path) -> None:
    """A look at the graph does not read the second file."""
    file = tmp_path / "model.onnx"
    storage.write(a_graph(), file, limit=1000)
    storage.weights_file(file).unlink()
    graph = storage.read(file, weights=False).graph
    assert [n.op_type for n in storage.nodes(graph)] == ["Constant", "Gather", "Add"]


@pytest.mark.parametrize("where", ["../elsewhere", "/etc/hosts", "other.data", ""])
def test_weights_elsewhere_are_refused(tmp_path: Path, where: str) -> None:
    """A graph whose weights are in any other file is not read, and that file is not opened."""
    file = tmp_path / "model.onnx"
    storage.write(a_graph(), file, limit=1000)
    model = onnx.load(file, load_external_data=False)
    for entry in model.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = where
    file.write_bytes(model.SerializeToString())
    with pytest.raises(ExportError) as refused:
        storage.read(file, weights=False)
    assert repr(where) in (refused.value.found or "")


def test_moving_takes_the_weights_along(tmp_path: Path) -> None:
    """Both files move; under another name the graph would not find its weights."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    file = tmp_path / "a" / "model.onnx"
    storage.write(a_graph(), file, limit=1000)
    with pytest.raises(ValueError, match="names its weights"):
        storage.move(file, tmp_path / "b" / "other.onnx")
    storage.move(file, tmp_path / "b" / "model.onnx")
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == ["model.onnx", "model.onnx.data"]
    assert list((tmp_path / "a").iterdir()) == []


def test_weights_that_were_left_in_their_file_are_rounded_on_the_way(tmp_path: Path) -> None:
    """The same bytes as with all weights in memory."""
    from djlift.precision.float16 import halve

    whole, source = two_matrices(), tmp_path / "model.onnx"
    storage.write(two_matrices(), source, limit=1000)
    left = halve(storage.read(source, weights=False))
    assert all(not t.raw_data for t in left.graph.initializer if len(t.dims) > 1)
    storage.write(halve(whole), tmp_path / "whole.onnx", limit=1000)
    storage.write(left, tmp_path / "left.onnx", limit=1000, source=source)
    one, other = (
        storage.weights_file(tmp_path / f"{n}.onnx").read_bytes() for n in ("whole", "left")
    )
    assert one == other
    assert len(one) < 0.6 * storage.weights_file(source).stat().st_size
    read = storage.read(tmp_path / "left.onnx").graph.initializer
    assert {t.data_type for t in read if len(t.dims) > 1} == {onnx.TensorProto.FLOAT16}


def test_weights_that_were_left_need_a_source(tmp_path: Path) -> None:
    """No graph without its weights is written."""
    storage.write(two_matrices(), tmp_path / "model.onnx", limit=1000)
    left = storage.read(tmp_path / "model.onnx", weights=False)
    with pytest.raises(ValueError, match="source"):
        storage.write(left, tmp_path / "other.onnx", limit=1000)
    assert not (tmp_path / "other.onnx").exists()


def test_a_source_that_is_cut_short_is_named(tmp_path: Path) -> None:
    """Not a graph with zeros at its end."""
    source = tmp_path / "model.onnx"
    storage.write(two_matrices(), source, limit=1000)
    held = storage.weights_file(source)
    held.write_bytes(held.read_bytes()[:-8])
    left = storage.read(source, weights=False)
    with pytest.raises(ExportError, match="end too early"):
        storage.write(left, tmp_path / "other.onnx", limit=1000, source=source)


def two_matrices() -> Any:
    """A graph of two products, in fp32."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    first, second = (rng.normal(size=s).astype(np.float32) for s in ((300, 70), (70, 9)))
    return helper.make_model(
        helper.make_graph(
            [
                helper.make_node("MatMul", ["states", "first"], ["inner"], name="one"),
                helper.make_node("MatMul", ["inner", "second"], ["logits"], name="two"),
            ],
            "products",
            [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["n", 300])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 9])],
            [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


def test_a_copy_can_be_read_and_moved_alone(tmp_path: Path) -> None:
    """Both stay readable with their weights, also once the copy has gone elsewhere."""
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    source, copied = tmp_path / "a" / "model.onnx", tmp_path / "b" / "model.onnx"
    storage.write(two_matrices(), source, limit=1000)
    storage.copy(source, copied)
    assert storage.read(source) == storage.read(copied)
    storage.move(copied, tmp_path / "c" / "model.onnx")
    assert storage.read(source) == storage.read(tmp_path / "c" / "model.onnx")
    for tensor in storage.read(source, weights=False).graph.initializer:
        # As ranges are recorded: straight from the file.
        assert onnx.numpy_helper.to_array(tensor, str(source.parent)).size
