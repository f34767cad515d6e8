"""Ranges of fused attention whose keys come by head, whatever node makes keys and values."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from djlift.precision import activation_ranges


@pytest.mark.parametrize("bias", [(), ("bias",)])
def test_keys_with_four_axes_made_by_no_transpose_are_recorded(
    bias: tuple[str, ...], tmp_path: Path
) -> None:
    shape = numpy_helper.from_array(np.asarray([1, 2, -1, 4], np.int64), "shape")
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, 8])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    table = numpy_helper.from_array(np.ones((4, 8), np.float32), "table")
    added = numpy_helper.from_array(np.ones(24, np.float32), "bias")
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["query"], "gather"),
        helper.make_node("Reshape", ["query", "shape"], ["by_head"], "reshape"),
        helper.make_node(
            "MultiHeadAttention",
            ["query", "by_head", "by_head", *bias],
            ["out"],
            "attention",
            domain="com.microsoft",
            num_heads=2,
        ),
    ]
    graph = helper.make_graph(nodes, "g", [ids], [out], [table, shape, added])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    file = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), file)
    found = activation_ranges.record(file, [{"input_ids": np.zeros((1, 8), np.int64)}])
    assert [i.value for i in found.inner["attention"] if i.of == "attention scores"] == [4.0]
