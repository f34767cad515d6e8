"""A small graph with all that fp16 can break: attention over a mask, a normalization, a bias, a head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

WIDTH = 8
TABLE = np.random.default_rng(3).normal(size=(20, WIDTH)).astype(np.float32)
HIDDEN = np.random.default_rng(4).normal(size=(WIDTH, 16)).astype(np.float32)
HEAD = np.random.default_rng(5).normal(size=(16, 3)).astype(np.float32)
BATCH = {
    "input_ids": np.asarray([[1, 5, 7, 2], [1, 9, 2, 0]], np.int64),
    "attention_mask": np.asarray([[1, 1, 1, 1], [1, 1, 1, 0]], np.int64),
}


def a_model(*, grows: float = 1.0, epsilon: float = 1e-12) -> Any:
    """The graph as a ModelProto.

    Args:
        grows: The bias and GELU in the middle work on values that are larger by this; the head takes it back.
        epsilon: Of the normalization.
    """
    from onnx import TensorProto, helper, numpy_helper

    node = helper.make_node
    lowest = np.asarray(np.finfo(np.float32).min, np.float32)
    nodes = [
        node("Constant", [], ["one"], value=numpy_helper.from_array(np.asarray(1, np.float32))),
        node("Constant", [], ["lowest"], value=numpy_helper.from_array(lowest)),
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Sub", ["one", "mask"], ["absent"], name="absent"),
        node("Mul", ["absent", "lowest"], ["filled"], name="filled"),
        node("Unsqueeze", ["filled", "axis"], ["filler"], name="filler"),
        node("Gather", ["table", "input_ids"], ["words"], name="words"),
        node("Transpose", ["words"], ["turned"], name="turned", perm=[0, 2, 1]),
        node("MatMul", ["words", "turned"], ["scores"], name="scores"),
        node("Add", ["scores", "filler"], ["masked"], name="masked"),
        node("Softmax", ["masked"], ["weights"], name="weights", axis=-1),
        node("MatMul", ["weights", "words"], ["context"], name="context"),
        node(
            "SkipLayerNormalization",
            ["context", "words", "gamma", "beta"],
            ["normal"],
            name="normal",
            domain="com.microsoft",
            epsilon=epsilon,
        ),
        node("MatMul", ["normal", "hidden"], ["wide"], name="layer.0/wide"),
        node("BiasGelu", ["wide", "bias"], ["bent"], name="layer.0/bent", domain="com.microsoft"),
        node("MatMul", ["bent", "head"], ["logits"], name="head"),
    ]
    weights = {
        "table": TABLE,
        "axis": np.asarray([1], np.int64),
        "gamma": np.ones(WIDTH, np.float32),
        "beta": np.zeros(WIDTH, np.float32),
        "hidden": HIDDEN * np.float32(grows),
        "bias": np.full(16, 0.5 * grows, np.float32),
        "head": HEAD / np.float32(grows),
    }
    ints = [TensorProto.INT64, ["batch", "tokens"]]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, *ints) for name in BATCH],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "tokens", 3])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def run(model: Any, folder: Path, batch: dict[str, Any] = BATCH, *, optimized: bool = False) -> Any:
    """The logits of a model."""
    from djlift.graph.runtime import session

    file = folder / "run.onnx"
    file.write_bytes(model.SerializeToString())
    return session(file, optimized=optimized).run(["logits"], batch)[0]
