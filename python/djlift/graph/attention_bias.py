"""What is added to attention scores: a mask of padding, or a bias. Told by running it, not by its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.graph.index import Wiring, inputs_of
from djlift.graph.runtime import Batch, fitting, session

LOW = -1e4
"""What is added to a score at most where a token is not attended to."""
_MASK = "attention_mask"
_SHAPES = ((2, 5), (3, 7), (1, 4), (2, 1))
"""Batches that the added values are computed for: rows, tokens."""
_LARGE = 1 << 16
"""Elements of a table of embeddings that is not copied to find out about a mask."""
_HIDDEN_STATES = ("MatMul", "Gemm", "LayerNormalization")


@dataclass
class Extra:
    """Nodes and weights that a rule adds to a graph, each made once."""

    nodes: list[Any] = field(default_factory=list)
    tensors: dict[str, Any] = field(default_factory=dict)

    def has(self, value: str) -> bool:
        """Whether one of the nodes makes a value."""
        return any(node.output[0] == value for node in self.nodes)


@dataclass(frozen=True)
class Kinds:
    """The values that are added to scores.

    Attributes:
        masks: Those that do nothing but hide padded keys.
        biases: The others, of shape (batch or 1, heads or 1, tokens, tokens).
    """

    masks: frozenset[str]
    biases: frozenset[str]


def kinds(wiring: Wiring, more: Extra, values: Sequence[str], longest: int) -> Kinds:
    """Tell apart what is added to scores.

    Args:
        wiring: Of the exported graph.
        more: What makes some of the values and is not in the graph yet.
        longest: Tokens of the longest text: a mask of a window of tokens shows only where a text is longer.
        values: Names; one that is neither a mask nor has a bias's shape is in no group.
    """
    hidden, biases = set(), set()
    for value in values:
        found = _computed(wiring, more, value, longest)
        if found is None:
            # It depends on the hidden states: a bias; its shape is checked when the graph runs.
            biases.add(value)
        elif all(_hides_padding(one, mask) for one, mask in found):
            hidden.add(value)
        elif all(_spans_tokens(one, mask.shape) for one, mask in found):
            biases.add(value)
    return Kinds(frozenset(hidden), frozenset(biases))


def _hides_padding(added: NDArray[Any], mask: NDArray[np.int64]) -> bool:
    """Whether adding is the same as hiding the padded keys from all rows that hold text."""
    rows, tokens = mask.shape
    try:
        whole = np.broadcast_to(added, (rows, 1, tokens, tokens))
    except ValueError:
        return False
    for row in range(rows):
        # What a padded query gives is read by no one.
        queries = whole[row, 0][mask[row] == 1]
        shown, padded = queries[:, mask[row] == 1], queries[:, mask[row] == 0]
        if np.any(shown != 0) or np.any(padded > LOW):
            return False
    return True


def _spans_tokens(added: NDArray[Any], shape: tuple[int, ...]) -> bool:
    rows, tokens = shape
    return added.ndim == 4 and added.shape[0] in (1, rows) and added.shape[2:] == (tokens, tokens)


def _computed(
    wiring: Wiring, more: Extra, value: str, longest: int
) -> list[tuple[NDArray[Any], NDArray[np.int64]]] | None:
    """A value on several batches, each with its mask; None when it depends on the hidden states."""
    import onnx

    own = [node for node in more.nodes if node.output[0] == value]
    asked = [name for node in own for name in inputs_of(node)] or [value]
    if any(node.op_type in _HIDDEN_STATES for node in wiring.before(asked, through_shapes=False)):
        return None
    nodes = [n for node in wiring.before(asked) for n in _without_table(wiring, node)] + own
    read = {name for node in nodes for name in inputs_of(node)}
    graph = wiring.model.graph
    part = onnx.helper.make_model(
        onnx.helper.make_graph(
            nodes,
            "added",
            [i for i in graph.input if i.name in read],
            [onnx.helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, None)],
            [t for t in (*graph.initializer, *more.tensors.values()) if t.name in read],
        ),
        opset_imports=wiring.model.opset_import,
        ir_version=wiring.model.ir_version,
    )
    running = session(part.SerializeToString(), weights=wiring.folder)
    found = []
    for batch in _batches(longest):
        found.append((np.asarray(running.run([value], fitting(running, batch))[0]), batch[_MASK]))
    return found


def _batches(longest: int) -> Iterator[Batch]:
    """Masks of every form: all text, padding anywhere, rows of padding only, the longest text."""
    random = np.random.default_rng(0)
    shapes = [(shape, share) for shape in _SHAPES for share in (0.0, 0.3, 0.7, 1.0)]
    for (rows, tokens), share in [*shapes, ((1, longest), 0.3)]:
        mask = (random.random((rows, tokens)) >= share).astype(np.int64)
        ids = random.integers(0, 2, (rows, tokens))
        yield {"input_ids": ids, _MASK: mask, "token_type_ids": np.zeros_like(ids)}


def _without_table(wiring: Wiring, node: Any) -> Sequence[Any]:
    """A lookup in a large table, of which only the shape can matter here, as zeros of that shape."""
    import onnx

    shape = wiring.shape_of_constant(node.input[0]) if node.op_type == "Gather" else None
    if shape is None or len(shape) != 2 or int(np.prod(shape)) < _LARGE:
        return (node,)
    out = node.output[0]
    width = onnx.helper.make_tensor("", onnx.TensorProto.INT64, [1], [shape[1]])
    return (
        onnx.helper.make_node("Shape", [node.input[1]], [f"{out}/ids"]),
        onnx.helper.make_node("Constant", [], [f"{out}/width"], value=width),
        onnx.helper.make_node("Concat", [f"{out}/ids", f"{out}/width"], [f"{out}/shape"], axis=0),
        onnx.helper.make_node("ConstantOfShape", [f"{out}/shape"], [out]),
    )
