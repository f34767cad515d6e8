"""Fusion: the exported graph with attention, LayerNorm and GELU as single operators of ONNX Runtime.

Attention is fused by djlift's own rule (:mod:`djlift.graph.attention_fusion`), for graphs of both exporters.
GELU and LayerNorm are left to ONNX Runtime's optimizer; a LayerNorm that it leaves beside its addition is
joined with it here. See ``docs/adr/0006-fusion.md``.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from djlift.base.streams import quiet_logging
from djlift.base.targets import DEFAULT, Target
from djlift.graph import storage
from djlift.graph.attention_fusion import fuse_attention
from djlift.graph.converted import Converted, Exported, checked
from djlift.graph.index import Wiring, attribute

_DOMAIN = "com.microsoft"
# What the optimizer could not fuse, djlift counts by itself.
_OPTIMIZER_LOGS = ("", "onnxruntime.transformers", "fusion_base", "onnx_model")
_LONGEST = 2048
"""Tokens that a mask is examined for where the model has no limit."""


def convert(exported: Exported, file: Path, target: Target = DEFAULT) -> Converted:
    """Fuse the exported graph, in fp32, write it to ``file`` and check it.

    Lower precisions start from this graph: see :mod:`djlift.precision.candidates`.

    Args:
        target: The DJL release whose ONNX Runtime must read the graph.

    Raises:
        ExportError: The result is not a graph that the target runtime reads with the names it must have.
    """
    return checked(fuse(exported), exported, file, target)


def unfused(exported: Exported, file: Path, target: Target = DEFAULT) -> Converted:
    """Write the exported graph as it is to ``file`` and check it: where fusion cannot be trusted.

    Raises:
        ExportError: It is not a graph that the target runtime reads with the names it must have.
    """
    return checked(storage.outline(exported.file), exported, file, target)


def fuse(exported: Exported) -> Any:
    """Fuse the exported graph.

    Returns:
        An ``onnx.ModelProto``: fp32, in the order that its nodes run in, not yet checked. Large matrices of a
        graph past 2 GB are where the exporter put them, and :func:`djlift.graph.storage.write` takes them from
        there.
    """
    # Rules look at structure and at small weights; large ones stay in their files.
    model, folder = storage.outline(exported.file), exported.file.parent
    wiring = Wiring(model, folder)
    drop_idle_casts(wiring)
    fuse_attention(wiring, exported.heads, exported.limit or _LONGEST)
    # ONNX Runtime's optimizer takes for granted that a LayerNorm has a bias.
    fuse_residuals(wiring, with_bias=False)
    model = _optimized(model, folder, exported.heads, exported.hidden)
    wiring = Wiring(model, folder)
    fuse_residuals(wiring, with_bias=True)
    return _sorted(model)


def drop_idle_casts(wiring: Wiring) -> None:
    """Bypass the casts of float32 to float32 that the TorchScript exporter leaves of ``.to(dtype)``."""
    import onnx

    idle = {
        node.output[0]: node.input[0]
        for node in wiring.model.graph.node
        if node.op_type == "Cast"
        and attribute(node, "to") == onnx.TensorProto.FLOAT
        and wiring.is_float(node.input[0])
    }
    for node in wiring.model.graph.node:
        for at, value in enumerate(node.input):
            source = value
            while source in idle:
                source = idle[source]
            node.input[at] = source
    wiring.tidy()


def fuse_residuals(wiring: Wiring, *, with_bias: bool) -> int:
    """Join each LayerNorm with the addition before it; its sum is kept where others read it too.

    Args:
        with_bias: Whether those with a bias are joined, or those without.

    Returns:
        How many were joined.
    """
    import onnx

    graph, joined = wiring.model.graph, 0
    for at, norm in enumerate(graph.node):
        total = wiring.maker(norm.input[0], "Add") if norm.op_type == "LayerNormalization" else None
        # What does not depend on the inputs is a table of positions, without an axis for the batch: the
        # operator takes that only as its second input.
        parts = sorted(total.input, key=wiring.varies, reverse=True) if total is not None else []
        if (
            total is None
            or (len(norm.input) > 2) != with_bias
            or attribute(norm, "axis", -1) != -1
            or len(wiring.shape_of_constant(norm.input[1]) or ()) != 1
            or any(wiring.shape_of_constant(value) is not None for value in total.input)
            or not wiring.varies(parts[0])
        ):
            continue
        fused = onnx.helper.make_node(
            "SkipLayerNormalization",
            [*parts, *norm.input[1:]],
            [norm.output[0]],
            name=f"{norm.name or norm.output[0]}/djlift",
            domain=_DOMAIN,
            epsilon=attribute(norm, "epsilon", 1e-5),
        )
        if wiring.reader(total.output[0], "LayerNormalization") is None:
            fused.output.extend(["", "", total.output[0]])
            total.output[0] = f"{total.output[0]}/unused"
        graph.node[at].CopyFrom(fused)
        joined += 1
    wiring.tidy()
    return joined


def _optimized(model: Any, folder: Path, heads: int, hidden: int) -> Any:
    """The graph as ONNX Runtime's optimizer leaves it."""
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    options = FusionOptions("bert")
    options.enable_attention = False
    # By default the mask becomes the place where each text ends, and all before it counts as text.
    options.use_raw_attention_mask(True)
    # The optimizer looks for weights that the graph does not hold where the process stands.
    with quiet_logging(*_OPTIMIZER_LOGS), contextlib.chdir(folder):
        return optimize_model(
            model,
            model_type="bert",
            num_heads=heads,
            hidden_size=hidden,
            optimization_options=options,
            opt_level=0,
        ).model


def _sorted(model: Any) -> Any:
    from onnxruntime.transformers.onnx_model import OnnxModel

    with quiet_logging(*_OPTIMIZER_LOGS):
        OnnxModel(model).topological_sort()
    return model
