"""Writes ../resources/near-free.onnx: a graph that costs next to nothing, so that all else is what is measured.

Run: python jvm-bridge/core/src/test/generate/near_free.py
The logits of a token are sines of multiples of its id: they differ from token to token, and take no weights.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

TARGET = Path(__file__).resolve().parent.parent / "resources" / "near-free.onnx"
LABELS = 9
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def main() -> None:
    """Write the graph anew."""
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["numbers", "last"], ["column"]),
        helper.make_node("Mul", ["column", "waves"], ["angles"]),
        helper.make_node("Sin", ["angles"], ["sines"]),
        helper.make_node("Mul", ["sines", "height"], ["heights"]),
        helper.make_node("Add", ["heights", "more"], ["logits"]),
    ]
    # The first label is O; it is the highest for four tokens in five.
    waves = np.linspace(0.3, 2.7, LABELS, dtype=np.float32)
    more = np.array([4.8, *([0] * (LABELS - 1))], dtype=np.float32)
    constants = {
        "last": np.array([-1]),
        "waves": waves,
        "height": np.array(3, dtype=np.float32),
        "more": more,
    }
    graph = helper.make_graph(
        nodes,
        "near-free",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["rows", "width"]) for n in INPUTS],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", "width", LABELS])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    TARGET.parent.mkdir(exist_ok=True)
    save(model, TARGET)


if __name__ == "__main__":
    main()
