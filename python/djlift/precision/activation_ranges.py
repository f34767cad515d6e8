"""How large the values of an fp32 graph become over the golden texts.

The graph is run with probes that give one number each, the largest absolute value of a tensor, so that no
activation outlives its batch. Values inside fused operators are probed too: a GPU's kernels hold them in fp16.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from djlift.base.progress import Advance, silent
from djlift.graph.element_types import element_types
from djlift.graph.runtime import Batch, fitting, session
from djlift.precision.float16 import FILLER, named

STAGE = "recording ranges"
_AXES_ARE_INPUTS = 18
_BY_HEAD = 4
_NORMALIZATIONS = {
    # Position of the optional output that carries the sum which is normalized.
    "SkipLayerNormalization": 3,
    "SkipSimplifiedLayerNormalization": 3,
    "EmbedLayerNormalization": 2,
}


@dataclass(frozen=True)
class Largest:
    """A largest absolute value, and of what: an output's name, or a word for what an operator holds inside."""

    value: float
    of: str


@dataclass(frozen=True)
class Ranges:
    """What was seen.

    Attributes:
        values: By name of a value: outputs of nodes, and initializers.
        inner: By name of a node: what it holds inside.
    """

    values: Mapping[str, float]
    inner: Mapping[str, tuple[Largest, ...]]

    def around(self, node: Any) -> Largest:
        """The largest of what a node reads, holds and writes."""
        found = [
            Largest(self.values[n], n) for n in (*node.output, *node.input) if n in self.values
        ]
        found += self.inner.get(named(node), ())
        return max(found, key=lambda f: f.value, default=Largest(0.0, ""))


def record(file: Path, batches: Sequence[Batch], advance: Advance = silent) -> Ranges:
    """Run an fp32 graph over batches and keep the largest absolute values.

    What fills masks (see :data:`~djlift.precision.float16.FILLER`) is left out. The probed graph is written
    beside ``file`` for as long as this takes; weights that stand in another file are not copied.
    """
    import onnx
    from onnx import numpy_helper

    probed = file.with_name(f"{file.stem}-probed.onnx")
    try:
        ranks = _key_ranks(file, probed, batches)
        watched = _watch(file, probed, frozenset(), ranks)
        seen = _run(probed, batches, advance)
        filled = frozenset(p.value for p in watched if not seen[p.output] < FILLER)
        if filled:
            # Once more without what fills the masks.
            watched = _watch(file, probed, filled, ranks)
            seen = _run(probed, batches, advance)
    finally:
        probed.unlink(missing_ok=True)
    values: dict[str, float] = {}
    inner: dict[str, tuple[Largest, ...]] = {}
    for probe in watched:
        largest = seen[probe.output] * probe.factor
        if probe.what:
            inner[probe.node] = (*inner.get(probe.node, ()), Largest(largest, probe.what))
        else:
            values[probe.value] = largest
    for tensor in onnx.load(file, load_external_data=False).graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            weights = np.abs(numpy_helper.to_array(tensor, str(file.parent)))
            values[tensor.name] = float(weights[weights < FILLER].max(initial=0.0))
    return Ranges(values, inner)


@dataclass(frozen=True)
class _Probe:
    """Where the largest absolute value of something comes out.

    Attributes:
        node: The node that the value belongs to.
        value: Name of the probed value.
        output: Name of the graph's output.
        what: What is inside the node; empty for its own outputs.
        factor: What the figure is still to be multiplied with.
    """

    node: str
    value: str
    output: str
    what: str = ""
    factor: float = 1.0


def _run(file: Path, batches: Sequence[Batch], advance: Advance) -> dict[str, float]:
    running = session(file)
    names = [output.name for output in running.get_outputs()]
    seen = dict.fromkeys(names, 0.0)
    for number, batch in enumerate(batches):
        advance(STAGE, number, len(batches))
        for name, value in zip(names, running.run(None, fitting(running, batch)), strict=True):
            # Not a number is larger than any.
            largest = float(np.nan_to_num(value, nan=np.inf))
            seen[name] = max(seen[name], largest)
    advance(STAGE, len(batches), len(batches))
    return seen


def _key_ranks(file: Path, target: Path, batches: Sequence[Batch]) -> dict[str, int]:
    """Axes that the keys of fused attention have, by name: run over one batch, as no node tells them."""
    import onnx

    model = onnx.load(file, load_external_data=False)
    keys = {
        n.input[1]
        for n in model.graph.node
        if n.op_type == "MultiHeadAttention" and len(n.input) > 1 and n.input[1]
    }
    if not keys or not batches:
        return {}
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=key) for key in sorted(keys))
    target.write_bytes(model.SerializeToString(deterministic=True))
    running = session(target)
    found = running.run(None, fitting(running, batches[0]))
    return {key: value.ndim for key, value in zip(sorted(keys), found, strict=True)}


def _watch(
    file: Path, target: Path, filled: frozenset[str], ranks: Mapping[str, int]
) -> tuple[_Probe, ...]:
    """Write a graph whose only outputs are its probes.

    Args:
        filled: Values in which what fills masks is left out.
        ranks: Axes of the keys of fused attention.
    """
    import onnx

    model = onnx.load(file, load_external_data=False)
    types = element_types(model)
    watch = _Watch(model, types.opsets[""], filled, ranks)
    for node in list(model.graph.node):
        if node.op_type in ("Constant", "ConstantOfShape"):
            continue
        for output in types.floats(node.output):
            watch.probe(node, output)
        watch.inside(node)
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=p.output) for p in watch.probes)
    target.write_bytes(model.SerializeToString(deterministic=True))
    return tuple(watch.probes)


@dataclass
class _Watch:
    """Adds probes to a model."""

    model: Any
    opset: int
    filled: frozenset[str]
    ranks: Mapping[str, int]
    probes: list[_Probe] = field(default_factory=list)
    names: int = 0

    def probe(self, node: Any, value: str, what: str = "", factor: float = 1.0) -> None:
        absolute = self.add("Abs", [value])
        if value in self.filled:
            limit, zero = self.constant(np.float32(FILLER)), self.constant(np.float32(0))
            # What is no number is not larger than the limit, and stays.
            fills = self.add("GreaterOrEqual", [absolute, limit])
            absolute = self.add("Where", [fills, zero, absolute])
        output = self.add("ReduceMax", [absolute], keepdims=0)
        self.probes.append(_Probe(named(node), value, output, what, factor))

    def inside(self, node: Any) -> None:
        """Probe what a fused operator holds and does not give."""
        if node.op_type in _NORMALIZATIONS:
            at = _NORMALIZATIONS[node.op_type]
            node.output.extend([""] * (at + 1 - len(node.output)))
            node.output[at] = node.output[at] or self.name("sum")
            self.probe(node, node.output[at], "sum")
            square = self.add("Mul", [node.output[at], node.output[at]])
            self.probe(node, self.mean(square), "mean square")
        elif node.op_type in ("BiasGelu", "FastGelu") and len(node.input) > 1:
            self.probe(node, self.add("Add", list(node.input[:2])), "input with bias")
        elif node.op_type == "Attention":
            self.attention(node)
        elif node.op_type == "MultiHeadAttention":
            self.multi_head(node)

    def attention(self, node: Any) -> None:
        """Query, key and value are made inside: by one matrix, shape (hidden, query + key + value)."""
        attributes = {a.name: a for a in node.attribute}
        heads = attributes["num_heads"].i
        weights = {t.name: t for t in self.model.graph.initializer}.get(node.input[1])
        if weights is None:
            # Computed: then what comes in and goes out is probed.
            return
        sizes = [weights.dims[1] // 3] * 3
        if "qkv_hidden_sizes" in attributes:
            sizes = list(attributes["qkv_hidden_sizes"].ints)
        made = self.add("MatMul", list(node.input[:2]))
        if len(node.input) > 2 and node.input[2]:
            made = self.add("Add", [made, node.input[2]])
        self.probe(node, made, "query, key and value")
        query, key, _ = self.split(made, sizes)
        scale = attributes["scale"].f if "scale" in attributes else (sizes[0] // heads) ** -0.5
        self.scores(node, query, key, heads, scale)

    def multi_head(self, node: Any) -> None:
        """Query and key come in; a bias may be added inside.

        Their shape is (batch, tokens, hidden), or that of keys (batch, heads, tokens, size).
        """
        names = [*node.input, "", "", "", ""][:4]
        attributes = {a.name: a for a in node.attribute}
        query, key, bias = names[0], names[1], names[3]
        by_head = self.ranks.get(key) == _BY_HEAD
        weights = {t.name: t for t in self.model.graph.initializer}
        if not key or (bias and bias not in weights):
            # Packed: then the scores are not probed, what comes in and goes out is.
            return
        heads = attributes["num_heads"].i
        scale = attributes["scale"].f if "scale" in attributes else 1.0
        if bias:
            size = weights[bias].dims[0] // 3
            scale = scale if "scale" in attributes else (size // heads) ** -0.5
            query_bias, key_bias, _ = self.split(bias, [size] * 3)
            query = self.add("Add", [query, query_bias])
            self.probe(node, query, "query with bias")
            if not by_head:
                # Keys by head come with their bias.
                key = self.add("Add", [key, key_bias])
                self.probe(node, key, "key with bias")
        self.scores(node, query, key, heads, scale, by_head=by_head)

    def scores(
        self,
        node: Any,
        query: str,
        key: str,
        heads: int,
        scale: float,
        *,
        by_head: bool = False,
    ) -> None:
        shape = self.constant(np.asarray([0, 0, heads, -1], np.int64))
        rows = self.add("Transpose", [self.add("Reshape", [query, shape])], perm=[0, 2, 1, 3])
        if by_head:
            columns = self.add("Transpose", [key], perm=[0, 1, 3, 2])
        else:
            columns = self.add("Transpose", [self.add("Reshape", [key, shape])], perm=[0, 2, 3, 1])
        self.probe(node, self.add("MatMul", [rows, columns]), "attention scores", scale)

    def split(self, value: str, sizes: Sequence[int]) -> list[str]:
        """Parts of a value along its last axis."""
        names = [self.name("part") for _ in sizes]
        parts = self.constant(np.asarray(sizes, np.int64))
        self._node("Split", [value, parts], names, axis=-1)
        return names

    def mean(self, value: str) -> str:
        """Mean over the last axis."""
        if self.opset >= _AXES_ARE_INPUTS:
            axes = self.constant(np.asarray([-1], np.int64))
            return self.add("ReduceMean", [value, axes], keepdims=0)
        return self.add("ReduceMean", [value], axes=[-1], keepdims=0)

    def add(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        output = self.name(kind)
        self._node(kind, inputs, [output], **attributes)
        return output

    def constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = self.name("constant")
        self.model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def name(self, word: str) -> str:
        self.names += 1
        return f"djlift_{word}_{self.names}"

    def _node(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        from onnx import helper

        self.model.graph.node.append(helper.make_node(kind, inputs, outputs, **attributes))
