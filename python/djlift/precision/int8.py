"""int8, dynamic: 8-bit weights, one scale a column; activations are quantised as they come, by each run.

Two ways of writing the weights are measured and the closer one is taken (:data:`PORTABLE`). What 8 bits damage
stays in fp32: :mod:`djlift.precision.int8_search` finds it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from djlift.base.streams import quiet_logging
from djlift.base.targets import Target
from djlift.graph import storage
from djlift.graph.converted import Converted, Exported, facts

_OPERATORS = ("MatMul", "Attention", "EmbedLayerNormalization", "Gather")
_WEIGHTS: Mapping[str, tuple[int, ...]] = {
    "MatMul": (1,),
    "Attention": (1,),
    "EmbedLayerNormalization": (2, 3, 4),
    "Gather": (0,),
}
"""Inputs that are weights, by operator."""
_DOMAIN = "com.microsoft"


@dataclass(frozen=True)
class Scheme:
    """How a weight is written in 8 bits.

    Attributes:
        name: As in the manifest.
        signed: int8 around zero; uint8 with a zero point otherwise.
        seven: Only seven bits are used.
        portable: Whether every CPU gives the same integers. Eight signed bits beside unsigned activations
            overflow the 16-bit sums of the multiply-add of AVX2 and AVX-512 where there is no VNNI.
    """

    name: str
    signed: bool
    seven: bool
    portable: bool


SCHEMES = (
    Scheme("u8u8", signed=False, seven=False, portable=True),
    Scheme("u8s7", signed=True, seven=True, portable=True),
    Scheme("u8s8", signed=True, seven=False, portable=False),
)
PORTABLE = tuple(scheme for scheme in SCHEMES if scheme.portable)
"""What may ship: what is proven on one CPU holds on the others."""


@dataclass(frozen=True)
class Unit:
    """Nodes that share a weight: quantised together or not at all.

    Attributes:
        nodes: Their names, in the graph's order.
        weights: Numbers in their weights.
    """

    nodes: tuple[str, ...]
    weights: int


def prepared(file: Path) -> Any:
    """The fp32 graph in memory, ready for :func:`quantized`: every node named, every operator set declared."""
    import onnx

    model = storage.read(file)
    if all(opset.domain != _DOMAIN for opset in model.opset_import):
        model.opset_import.append(onnx.helper.make_opsetid(_DOMAIN, 1))
    taken = {node.name for node in model.graph.node}
    for number, node in enumerate(model.graph.node):
        if not node.name:
            name = f"{node.op_type}_{number}"
            while name in taken:
                name += "_"
            node.name = name
            taken.add(name)
    return model


def units(model: Any) -> tuple[Unit, ...]:
    """What can be quantised, in the graph's order."""
    sizes = {
        w.name: _product(w.dims) for w in model.graph.initializer if w.data_type == 1 and w.dims
    }
    members: dict[str, list[str]] = {}
    weights: dict[str, int] = {}
    for node in model.graph.node:
        names = [node.input[i] for i in _WEIGHTS.get(node.op_type, ()) if i < len(node.input)]
        held = [name for name in names if name in sizes]
        if held:
            members.setdefault(held[0], []).append(node.name)
            weights[held[0]] = sum(sizes[name] for name in held)
    return tuple(Unit(tuple(nodes), weights[key]) for key, nodes in members.items())


def quantized(model: Any, scheme: Scheme, kept: Collection[str], file: Path) -> None:
    """Write ``file``: the graph of :func:`prepared` in int8, the nodes named in ``kept`` in fp32.

    The same graph gives the same bytes.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    # The quantiser logs to the root logger that the model was not pre-processed.
    with quiet_logging():
        quantize_dynamic(
            copy,
            file,
            op_types_to_quantize=list(_OPERATORS),
            nodes_to_exclude=sorted(kept),
            per_channel=True,
            reduce_range=scheme.seven,
            weight_type=QuantType.QInt8 if scheme.signed else QuantType.QUInt8,
            # The quantiser cannot infer types behind ONNX Runtime's own operators.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT, "EnableSubgraph": False},
        )
    written = storage.read(file)
    del written.metadata_props[:]
    storage.write(written, file)


def converted(
    fp32: Converted,
    exported: Exported,
    file: Path,
    kept: Sequence[str],
    search: Mapping[str, Any],
    notes: Sequence[str],
    target: Target,
) -> Converted:
    """A quantised graph, checked, ready to be packed; ``fused`` is that of the graph before.

    Raises:
        ExportError: The target runtime does not read it.
    """
    graph = storage.read(file, weights=False)
    made = facts(graph, exported, file, storage.size(file), target)
    return replace(
        fp32,
        file=file,
        size=made.size,
        nodes=made.nodes,
        opset=made.opset,
        ir=made.ir,
        kept=tuple(kept),
        search=search,
        notes=(*fp32.notes, *notes),
    )


def _product(dims: Sequence[int]) -> int:
    count = 1
    for dim in dims:
        count *= dim
    return count
