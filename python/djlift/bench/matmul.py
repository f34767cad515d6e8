"""The matrix products of a graph, and how fast this machine can do them.

Only products with weights are looked for, and the two of each fused attention: what else a graph computes is
small beside them, and is not counted. So what a run reaches is rather more than what is said here.
"""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from djlift.jvm import timing
from djlift.strict.protowire import Field, fields, message, number, numbers

ROWS = (256, 512, 1024, 2048)
"""Rows of a product that are tried: about what share a run of the model. The fastest is the machine's rate."""
_TIMES = 8
"""Of each product in a row. The fastest counts: it is what the machine can do, and others may use it too."""
_FLOAT = 1
_GRAPH, _NODE, _INITIALIZER = 7, 1, 5
_WEIGHTED = (
    "MatMul",
    "Gemm",
    "FusedMatMul",
    "FusedGemm",
    "MatMulInteger",
    "MatMulIntegerToFloat",
    "DynamicQuantizeMatMul",
    "Attention",
    "QAttention",
)
_ATTENTION = ("Attention", "QAttention")
# What may stand between a weight and its product.
_THROUGH = ("Cast", "Identity", "Transpose", "DequantizeLinear")
_Data = mmap.mmap | bytes


@dataclass(frozen=True)
class Products:
    """What a graph multiplies.

    Attributes:
        shapes: How many products there are of rows x k by k x n, by (k, n).
        attention: Multiplications and additions for each pair of tokens of a text, of fused attentions.
    """

    shapes: Mapping[tuple[int, int], int]
    attention: int = 0

    @property
    def per_token(self) -> int:
        """Multiplications and additions for each token."""
        return sum(2 * k * n * count for (k, n), count in self.shapes.items())

    def work(self, tokens: float, pairs: float) -> float:
        """Floating point operations for so many tokens, and so many pairs of tokens of a text."""
        return self.per_token * tokens + self.attention * pairs


def products(graph: Path) -> Products:
    """The matrix products of a model.onnx, whose wire format has been checked before."""
    if graph.stat().st_size == 0:
        return Products({})
    with graph.open("rb") as held, mmap.mmap(held.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _products(data)


class _Node(NamedTuple):
    operator: str
    inputs: list[str]
    outputs: list[str]
    transposed: bool
    constant: tuple[int, ...] | None


def _products(data: _Data) -> Products:
    weights: dict[str, tuple[int, ...]] = {}
    nodes: list[_Node] = []
    for graph in fields(data, 0, len(data)):
        for part in fields(data, graph.start, graph.end) if graph.number == _GRAPH else ():
            if part.number == _INITIALIZER:
                name, dims = _tensor(data, part)
                weights[name] = dims
            elif part.number == _NODE:
                nodes.append(_node(data, part))
    shapes: Counter[tuple[int, int]] = Counter()
    attention = 0
    # Nodes stand in the order of their results.
    for node in nodes:
        if node.constant is not None:
            weights[node.outputs[0]] = node.constant
        elif node.operator in _THROUGH and node.inputs[0] in weights:
            dims = weights[node.inputs[0]]
            weights[node.outputs[0]] = dims[::-1] if node.operator == "Transpose" else dims
        dims = weights.get(node.inputs[1], ()) if len(node.inputs) > 1 else ()
        if node.operator in _WEIGHTED and len(dims) == 2:
            k, n = dims[::-1] if node.transposed else dims
            shapes[k, n] += 1
            attention += 4 * (n // 3) if node.operator in _ATTENTION else 0
    # It takes what was multiplied before; the size that is multiplied most often is the hidden one.
    hidden = Counter(k for (k, _), count in shapes.items() for _ in range(count)).most_common(1)
    apart = sum(node.operator == "MultiHeadAttention" for node in nodes)
    attention += sum(4 * apart * k for k, _ in hidden)
    return Products(dict(shapes), attention)


def _node(data: _Data, node: Field) -> _Node:
    operator, transposed = "", False
    inputs: list[str] = []
    outputs: list[str] = []
    constant: tuple[int, ...] | None = None
    for part in fields(data, node.start, node.end):
        if part.number in (1, 2):
            (inputs if part.number == 1 else outputs).append(_text(data, part))
        elif part.number == 4:
            operator = _text(data, part)
        elif part.number == 5:
            inner = {f.number: f for f in fields(data, part.start, part.end)}
            name = _text(data, inner[1])
            if name == "value" and 5 in inner:
                constant = _tensor(data, inner[5])[1]
            transposed |= name == "transB" and 3 in inner and inner[3].start == 1
    return _Node(operator, inputs, outputs, transposed, constant)


def _tensor(data: _Data, tensor: Field) -> tuple[str, tuple[int, ...]]:
    name, dims = "", []
    for part in fields(data, tensor.start, tensor.end):
        if part.number == 8:
            name = _text(data, part)
        elif part.number == 1:
            dims += [part.start] if part.end < 0 else numbers(data, part.start, part.end)
    return name, tuple(dims)


def _text(data: _Data, field: Field) -> str:
    return data[field.start : field.end].decode("utf-8")


class Rate:
    """How fast this machine does the products of a graph: ONNX Runtime on the JVM, fp32, weights constant."""

    def __init__(self, wanted: Products, threads: int) -> None:
        self.products = wanted
        self._threads = threads
        self._open = ExitStack()
        self._runs: dict[tuple[int, int], Callable[[int], list[float]]] = {}
        reached = {}
        for rows in ROWS:
            self._make(rows)
            self.measure()
            reached[rows] = self.measure()
        self._make(max(ROWS, key=reached.__getitem__))

    def measure(self) -> float:
        """Floating point operations a second, now."""
        seconds = sum(
            count * min(self._runs[shape](_TIMES)) for shape, count in self.products.shapes.items()
        )
        return self.products.per_token * self.rows / seconds

    def close(self) -> None:
        """Free what it holds."""
        self._open.close()

    def _make(self, rows: int) -> None:
        self._open.close()
        self.rows = rows
        for k, n in self.products.shapes:
            made = timing.product(product(k, n), rows, k, self._threads)
            self._runs[k, n] = self._open.enter_context(made)


def product(inner: int, columns: int) -> bytes:
    """An ONNX graph that multiplies its input, rows x inner, with a constant of inner x columns."""
    values = np.random.default_rng(0).standard_normal((inner, columns), dtype=np.float32)
    weight = message(
        5,
        number(1, inner),
        number(1, columns),
        number(2, _FLOAT),
        message(8, b"w"),
        message(9, values.astype("<f4").tobytes()),
    )
    node = message(1, message(1, b"x"), message(1, b"w"), message(2, b"y"), message(4, b"MatMul"))
    ends = (message(11, _value(b"x", inner)), message(12, _value(b"y", columns)))
    graph = message(7, node, message(2, b"product"), weight, *ends)
    return number(1, 8) + graph + message(8, number(2, 17))


def _value(name: bytes, columns: int) -> bytes:
    """A matrix of floats with any number of rows."""
    shape = message(2, message(1, message(2, b"rows")), message(1, number(1, columns)))
    return message(1, name) + message(2, message(1, number(1, _FLOAT), shape))
