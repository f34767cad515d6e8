"""From the exported graph to the one that ships: fusion, precision, and checks of the result."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djlift.checkpoint import Loaded
from djlift.errors import ExportError
from djlift.export import OUTPUT, Exported

# What the ONNX Runtime in DJL 0.38.0 (1.21.1) reads.
HIGHEST_OPSET = 22
HIGHEST_IR = 10
_DOMAINS = {"", "ai.onnx", "com.microsoft"}
# The patterns that a fused encoder shows, in the order a person looks for them.
_FUSED = (
    "EmbedLayerNormalization",
    "Attention",
    "SkipLayerNormalization",
    "BiasGelu",
    "FastGelu",
    "Gelu",
)


@dataclass(frozen=True)
class Converted:
    """A graph ready to be packed.

    Attributes:
        file: ``model.onnx``; fp32 inputs and outputs whatever the precision of the weights.
        size: Its bytes.
        nodes: Number of nodes.
        fused: Count of each fused operator found.
        layers: Encoder layers of the model: what ``Attention`` should count.
        opset: Version of the default operator set.
        ir: ONNX IR version.
        inputs: Names of the inputs in the graph's order.
        kept: Nodes that stay fp32 in a lower precision, by name.
        search: What was measured to choose them, for the manifest.
        notes: What a person should know of the choice.
    """

    file: Path
    size: int
    nodes: int
    fused: Mapping[str, int]
    layers: int
    opset: int
    ir: int
    inputs: tuple[str, ...]
    kept: tuple[str, ...] = ()
    search: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def remarks(self) -> tuple[str, ...]:
        """What a person should know of this graph."""
        attention = self.fused.get("Attention", 0) + self.fused.get("MultiHeadAttention", 0)
        if attention < self.layers:
            return (
                f"attention is fused in {attention} of {self.layers} layers: right, but slower",
                *self.notes,
            )
        return self.notes


def convert(exported: Exported, loaded: Loaded, precision: str, file: Path) -> Converted:
    """Fuse the exported graph, in fp32, write it to ``file`` and check it.

    Lower precisions start from this graph: see :mod:`djlift.precisions`.

    Raises:
        ExportError: The result is not a graph that the target runtime reads with the names it must have.
    """
    import onnx
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    config = loaded.model.config
    options = FusionOptions("bert")
    if loaded.tokenizer.padding_side == "left":
        # By default fused attention is given where the text ends, and takes all before that for text.
        options.use_raw_attention_mask(True)
    noisy = [
        logging.getLogger(n) for n in ("onnxruntime.transformers", "fusion_base", "onnx_model")
    ]
    root_level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)
    for logger in noisy:
        logger.setLevel(logging.ERROR)
    try:
        optimized = optimize_model(
            str(exported.file),
            model_type="bert",
            num_heads=int(getattr(config, "num_attention_heads", 0) or 0),
            hidden_size=int(getattr(config, "hidden_size", 0) or 0),
            optimization_options=options,
            opt_level=0,
        )
        optimized.topological_sort()
        _prune_opsets(optimized.model)
        _forget_origins(optimized.model)
        file.write_bytes(optimized.model.SerializeToString(deterministic=True))
    finally:
        logging.getLogger().setLevel(root_level)
    return _checked(onnx.load(file), exported, _layers(config), file)


def _prune_opsets(model: Any) -> None:
    """Keep only the operator sets that nodes use: a runtime may refuse a domain it does not know."""
    used = {node.domain or "" for node in _nodes(model.graph)}
    used.add("")
    kept = [opset for opset in model.opset_import if (opset.domain or "") in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def _forget_origins(model: Any) -> None:
    """Drop the exporter's notes: they hold paths of the machine that exported."""
    model.doc_string = ""
    model.graph.doc_string = ""
    for node in _nodes(model.graph):
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        value.doc_string = ""
        del value.metadata_props[:]
    del model.metadata_props[:]
    del model.graph.metadata_props[:]


def _nodes(graph: Any) -> Iterable[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from _nodes(inner)


def _layers(config: Any) -> int:
    for name in ("num_hidden_layers", "n_layers", "num_layers"):
        if isinstance(getattr(config, name, None), int):
            return int(getattr(config, name))
    return 0


def _checked(model: Any, exported: Exported, layers: int, file: Path) -> Converted:
    import onnx

    opset = max(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    nodes = list(_nodes(model.graph))
    domains = {node.domain for node in nodes} - _DOMAINS
    inputs = tuple(i.name for i in model.graph.input)
    outputs = [o.name for o in model.graph.output]
    io_types = {v.type.tensor_type.elem_type for v in model.graph.output}
    input_types = {v.type.tensor_type.elem_type for v in model.graph.input}
    checks = (
        (opset <= HIGHEST_OPSET, f"opset at most {HIGHEST_OPSET}", f"opset {opset}"),
        (model.ir_version <= HIGHEST_IR, f"IR at most {HIGHEST_IR}", f"IR {model.ir_version}"),
        (not domains, "operators of ONNX and ONNX Runtime only", f"domains {sorted(domains)}"),
        (set(inputs) <= set(exported.inputs), f"inputs {list(exported.inputs)}", f"{list(inputs)}"),
        (outputs == [OUTPUT], f"one output, {OUTPUT}", f"{outputs}"),
        (io_types == {onnx.TensorProto.FLOAT}, "fp32 outputs", f"element types {io_types}"),
        (input_types == {onnx.TensorProto.INT64}, "int64 inputs", f"element types {input_types}"),
    )
    for good, expected, found in checks:
        if not good:
            raise ExportError(
                "the converted graph cannot be shipped",
                file=file.name,
                expected=expected,
                found=found,
            )
    counts = {
        name: sum(node.op_type == name for node in nodes)
        for name in (*_FUSED, "MultiHeadAttention")
    }
    return Converted(
        file=file,
        size=file.stat().st_size,
        nodes=len(nodes),
        fused={name: count for name, count in counts.items() if count},
        layers=layers,
        opset=int(opset),
        ir=int(model.ir_version),
        inputs=inputs,
    )
