"""Graphs as values: one that was exported, and one that is checked and ready to ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djlift.base.targets import DEFAULT, Target
from djlift.errors import ExportError
from djlift.graph import fusion_coverage, storage

TORCHSCRIPT = "torchscript"
"""Name of torch's first exporter."""
OUTPUT = "logits"
"""Name of the output of a graph that has one."""
_DOMAINS = {"", "ai.onnx", "com.microsoft"}
# The patterns that a fused encoder shows, in the order a person looks for them.
_FUSED = (
    "EmbedLayerNormalization",
    "Attention",
    "SkipLayerNormalization",
    "BiasGelu",
    "FastGelu",
    "Gelu",
    "MultiHeadAttention",
)


@dataclass(frozen=True)
class Exported:
    """An ONNX graph that was compared once with the model it came from.

    Attributes:
        file: The graph, fp32.
        inputs: Names of its inputs, in the graph's order; int64, shape (batch, tokens).
        largest_difference: Largest absolute logit difference on a sample batch, ONNX Runtime in Python.
        patterns: How often the model runs what can be fused; see :mod:`djlift.graph.fusion_coverage`.
        exporter: Which of torch's exporters wrote it: :data:`TORCHSCRIPT` or the newer one.
        outputs: Names of its outputs, float32.
        heads: Attention heads of the model, 0 where its configuration names none.
        hidden: Width of its hidden states, 0 likewise.
        layers: Its encoder layers, 0 likewise.
        limit: Tokens that a text may have, special tokens included; None without limit.
    """

    file: Path
    inputs: tuple[str, ...]
    largest_difference: float
    patterns: Mapping[str, int] = field(default_factory=dict)
    exporter: str = TORCHSCRIPT
    outputs: tuple[str, ...] = (OUTPUT,)
    heads: int = 0
    hidden: int = 0
    layers: int = 0
    limit: int | None = None


@dataclass(frozen=True)
class Converted:
    """A graph ready to be packed.

    Attributes:
        file: ``model.onnx``; fp32 inputs and outputs whatever the precision of the weights.
        size: Its bytes.
        nodes: Number of nodes.
        fused: Count of each fused operator found.
        layers: Encoder layers of the model.
        opset: Version of the default operator set.
        ir: ONNX IR version.
        inputs: Names of the inputs in the graph's order.
        kept: Nodes that stay fp32 in a lower precision, by name.
        search: What was measured to choose them, for the manifest.
        notes: What a person should know of the choice.
        found: How often each pattern of :mod:`djlift.graph.fusion_coverage` is a single operator.
        expected: How often the PyTorch model runs it.
        exporter: The route that the graph came by.
    """

    file: Path
    size: int
    nodes: int
    fused: Mapping[str, int]
    layers: int
    opset: int
    ir: int
    inputs: tuple[str, ...]
    found: Mapping[str, int] = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)
    exporter: str = TORCHSCRIPT
    kept: tuple[str, ...] = ()
    search: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def remarks(self) -> tuple[str, ...]:
        """What a person should know of this graph."""
        return (*fusion_coverage.remarks(self.found, self.expected), *self.notes)


def checked(model: Any, exported: Exported, file: Path, target: Target = DEFAULT) -> Converted:
    """Write a converted graph (``onnx.ModelProto``) to ``file``, without the exporter's notes, and check it.

    Raises:
        ExportError: It is not a graph that the target runtime reads with the names it must have.
    """
    _prune_opsets(model)
    _forget_origins(model)
    size = storage.write(model, file, source=exported.file)
    return facts(model, exported, file, size, target)


def _prune_opsets(model: Any) -> None:
    """Keep only the operator sets that nodes use: a runtime may refuse a domain it does not know."""
    used = {node.domain or "" for node in storage.nodes(model.graph)}
    used.add("")
    kept = [opset for opset in model.opset_import if (opset.domain or "") in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def _forget_origins(model: Any) -> None:
    """Drop the exporter's notes: they hold paths of the machine that exported."""
    model.doc_string = ""
    model.graph.doc_string = ""
    for node in storage.nodes(model.graph):
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        value.doc_string = ""
        del value.metadata_props[:]
    del model.metadata_props[:]
    del model.graph.metadata_props[:]


def facts(model: Any, exported: Exported, file: Path, size: int, target: Target) -> Converted:
    """The facts of a graph that is in ``file``.

    Raises:
        ExportError: It is not one that the target runtime reads with the names it must have.
    """
    import onnx

    opset = max(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    nodes = list(storage.nodes(model.graph))
    domains = {node.domain for node in nodes} - _DOMAINS
    inputs = tuple(i.name for i in model.graph.input)
    outputs = [o.name for o in model.graph.output]
    io_types = {v.type.tensor_type.elem_type for v in model.graph.output}
    input_types = {v.type.tensor_type.elem_type for v in model.graph.input}
    checks = (
        (opset <= target.opset, f"opset at most {target.opset}", f"opset {opset}"),
        (model.ir_version <= target.ir, f"IR at most {target.ir}", f"IR {model.ir_version}"),
        (not domains, "operators of ONNX and ONNX Runtime only", f"domains {sorted(domains)}"),
        (set(inputs) <= set(exported.inputs), f"inputs {list(exported.inputs)}", f"{list(inputs)}"),
        (outputs == list(exported.outputs), f"the outputs {list(exported.outputs)}", f"{outputs}"),
        (io_types == {onnx.TensorProto.FLOAT}, "fp32 outputs", f"element types {io_types}"),
        (input_types == {onnx.TensorProto.INT64}, "int64 inputs", f"element types {input_types}"),
    )
    for good, expected, found in checks:
        if not good:
            raise ExportError(
                "the converted graph cannot be shipped",
                code="graph-not-shippable",
                file=file.name,
                expected=expected,
                found=found,
            )
    counts = {name: sum(node.op_type == name for node in nodes) for name in _FUSED}
    return Converted(
        file=file,
        size=size,
        nodes=len(nodes),
        fused={name: count for name, count in counts.items() if count},
        layers=exported.layers,
        opset=int(opset),
        ir=int(model.ir_version),
        inputs=inputs,
        found=fusion_coverage.fused(model),
        expected=exported.patterns,
        exporter=exported.exporter,
    )
