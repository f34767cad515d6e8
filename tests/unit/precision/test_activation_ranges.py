"""Recorded ranges: exactly the largest values, also inside fused operators, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx

from djlift.precision.activation_ranges import Ranges, record
from tests.support.float16_graph import BATCH, HIDDEN, TABLE, WIDTH, a_model


def recorded(model: object, folder: Path, *batches: dict[str, object]) -> Ranges:
    file = folder / "m.onnx"
    onnx.save(model, file)
    found = record(file, batches or (BATCH,))
    assert list(folder.iterdir()) == [file]
    return found


def test_values_and_weights(tmp_path: Path) -> None:
    """Outputs of nodes over all batches, and weights; what fills the mask is left out."""
    found = recorded(a_model(), tmp_path)
    words = TABLE[BATCH["input_ids"]]
    scores = words @ words.transpose(0, 2, 1)
    assert found.values["words"] == pytest.approx(np.abs(words).max())
    assert found.values["scores"] == pytest.approx(np.abs(scores).max(), rel=1e-5)
    assert found.values["masked"] == pytest.approx(
        np.abs(scores * (BATCH["attention_mask"][:, None])).max()
    )
    assert found.values["filler"] == 0.0
    assert found.values["hidden"] == pytest.approx(np.abs(HIDDEN).max())


def test_the_largest_of_all_batches(tmp_path: Path) -> None:
    """One batch alone has less."""
    small = {n: v[1:, :2] for n, v in BATCH.items()}
    alone = recorded(a_model(), tmp_path, small).values["scores"]
    both = recorded(a_model(), tmp_path, BATCH, small).values["scores"]
    assert both == recorded(a_model(), tmp_path, small, BATCH).values["scores"]
    assert alone < both


def test_inside_a_normalization_and_a_gelu(tmp_path: Path) -> None:
    """The sum, its mean square, and the input with its bias."""
    found = recorded(a_model(), tmp_path)
    words = TABLE[BATCH["input_ids"]].astype(np.float64)
    scores = words @ words.transpose(0, 2, 1)
    scores[np.broadcast_to(BATCH["attention_mask"][:, None] == 0, scores.shape)] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    total = words + weights @ words
    normal = {x.of: x.value for x in found.inner["normal"]}
    assert normal["sum"] == pytest.approx(np.abs(total).max(), rel=1e-4)
    assert normal["mean square"] == pytest.approx(np.square(total).mean(-1).max(), rel=1e-4)
    centred = total - total.mean(-1, keepdims=True)
    wide = centred / np.sqrt(centred.var(-1, keepdims=True)) @ HIDDEN + 0.5
    (bent,) = found.inner["layer.0/bent"]
    assert bent.value == pytest.approx(np.abs(wide).max(), rel=1e-4)


@pytest.mark.parametrize("kind", ["Attention", "MultiHeadAttention"])
def test_inside_attention(kind: str, tmp_path: Path) -> None:
    """Scores, scaled, of each head: they are in no value of the graph."""
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(8)
    x = TABLE[BATCH["input_ids"]]
    weights = random.normal(size=(WIDTH, 3 * WIDTH)).astype(np.float32)
    bias = random.normal(size=3 * WIDTH).astype(np.float32)
    node, ms = helper.make_node, {"domain": "com.microsoft", "num_heads": 2, "name": "attention"}
    nodes = [node("Gather", ["table", "input_ids"], ["x"])]
    if kind == "Attention":
        nodes.append(node(kind, ["x", "weights", "bias"], ["logits"], **ms))
        made = x @ weights + bias
    else:
        nodes.append(node(kind, ["x", "x", "x", "bias"], ["logits"], **ms))
        made = np.concatenate([x, x, x], -1) + bias
    query, key = (p.reshape(2, 4, 2, -1).transpose(0, 2, 1, 3) for p in np.split(made, 3, -1)[:2])
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(WIDTH // 2)
    known = {"table": TABLE, "weights": weights, "bias": bias}
    graph = helper.make_graph(
        nodes,
        "attention",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, n) for n, v in known.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    inside = {x.of: x.value for x in recorded(model, tmp_path).inner["attention"]}
    assert inside["attention scores"] == pytest.approx(np.abs(scores).max(), rel=1e-4)


def test_what_is_no_number_is_too_large(tmp_path: Path) -> None:
    """An fp32 graph that gives NaN has no range that is safe."""
    model = a_model()
    for tensor in model.graph.initializer:
        if tensor.name == "gamma":
            tensor.raw_data = np.full(WIDTH, np.nan, np.float32).tobytes()
    found = recorded(model, tmp_path)
    normal = next(n for n in model.graph.node if n.name == "normal")
    assert not found.around(normal).value < 65504


def test_weights_in_another_file(tmp_path: Path) -> None:
    """External data is read where it is, and not copied."""
    file = tmp_path / "m.onnx"
    onnx.save(a_model(), file, save_as_external_data=True, location="w.bin", size_threshold=128)
    found = record(file, (BATCH,))
    inline = tmp_path / "inline"
    inline.mkdir()
    assert found == recorded(a_model(), inline)
