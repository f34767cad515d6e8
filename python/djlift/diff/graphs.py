"""Two ONNX graphs side by side: tensors one by one, operators by number."""

from __future__ import annotations

import importlib.util
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from djlift.base.progress import Advance
from djlift.errors import ArchiveError, DjliftError, install
from djlift.graph import storage
from djlift.graph.storage import MODEL

_BLOCK = 1 << 20
"""Numbers that are compared at once."""


@dataclass(frozen=True)
class WeightChange:
    """A tensor that is not the same; the fields of a side are None where it is absent.

    Attributes:
        before_type, after_type: Element type as ONNX names it.
        before_shape, after_shape: As stored.
        largest: Largest absolute difference; None when shapes differ or there is no number to compare.
        relative: Root mean square of the difference over that of ``before``; None as ``largest``, and
            when ``before`` is all zeros.
    """

    name: str
    before_type: str | None
    after_type: str | None
    before_shape: tuple[int, ...] | None
    after_shape: tuple[int, ...] | None
    largest: float | None = None
    relative: float | None = None


@dataclass(frozen=True)
class GraphDiff:
    """What :func:`compare` found; ``equal`` is None when tensors were not compared."""

    weights: tuple[WeightChange, ...] = ()
    equal: int | None = None
    graph: tuple[tuple[str, str | None, str | None], ...] = ()
    notes: tuple[str, ...] = ()


def compare(old: Path, new: Path, changed: set[str], advance: Advance) -> GraphDiff:
    """Compare the graphs in two unpacked archives, a tensor in memory at a time.

    Args:
        changed: Names of the files that differ; others are not read.

    Raises:
        ArchiveError: A graph cannot be read.
    """
    if not changed & {MODEL, storage.weights_file(Path(MODEL)).name}:
        return GraphDiff()
    if importlib.util.find_spec("onnx") is None:
        note = f"tensors and nodes were not compared: {install('export')} for onnx"
        return GraphDiff(notes=(note,))
    before, after = _read(old), _read(new)
    tensors = dict(_tensors(before.graph)), dict(_tensors(after.graph))
    names = sorted(tensors[0].keys() | tensors[1].keys())
    weights = []
    for number, name in enumerate(names, 1):
        change = _weight(name, (tensors[0].get(name), old), (tensors[1].get(name), new))
        weights += [change] if change else []
        advance("comparing tensors", number, len(names))
    return GraphDiff(
        tuple(weights), len(names) - len(weights), tuple(_structure(before, after)), ()
    )


def _read(folder: Path) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return storage.read(folder / MODEL, weights=False)
    except (DjliftError, DecodeError, OSError, ValueError) as cause:
        raise _unreadable(folder, str(cause)) from cause


def _unreadable(folder: Path, found: str) -> ArchiveError:
    return ArchiveError(
        "the graph of an archive cannot be read",
        code="graph",
        file=f"{folder.name}!{MODEL}",
        expected="an ONNX graph with its weights",
        found=found,
    )


def _tensors(graph: Any, within: str = "") -> Iterator[tuple[str, Any]]:
    """Stored tensors by name: weights by their own, constants by that of the value they give."""
    for tensor in graph.initializer:
        yield within + tensor.name, tensor
    for number, node in enumerate(graph.node):
        for attribute in node.attribute:
            place = within + (node.output[0] if node.output else f"{node.op_type} {number}")
            if attribute.HasField("t"):
                # Of a constant it is the value; elsewhere an attribute beside it.
                suffix = "" if attribute.name == "value" else f".{attribute.name}"
                yield place + suffix, attribute.t
            inner = [attribute.g] if attribute.HasField("g") else attribute.graphs
            for below in inner:
                yield from _tensors(below, f"{place}/{attribute.name}/")


def _weight(name: str, before: tuple[Any, Path], after: tuple[Any, Path]) -> WeightChange | None:
    left, right = _array(*before), _array(*after)
    types = tuple(None if t is None else _type_name(t) for t, _ in (before, after))
    shapes = tuple(None if array is None else tuple(array.shape) for array in (left, right))
    if left is None or right is None:
        return WeightChange(name, types[0], types[1], shapes[0], shapes[1])
    if types[0] == types[1] and shapes[0] == shapes[1] and _same(left, right):
        return None
    largest, relative = _distance(left, right) if shapes[0] == shapes[1] else (None, None)
    return WeightChange(name, types[0], types[1], shapes[0], shapes[1], largest, relative)


def _array(tensor: Any, folder: Path) -> Any:
    from onnx import numpy_helper
    from onnx.checker import ValidationError

    if tensor is None:
        return None
    try:
        return numpy_helper.to_array(tensor, str(folder))
    except (ValidationError, ValueError, TypeError, KeyError, OSError) as cause:
        raise _unreadable(folder, f"{tensor.name}: {cause}") from cause


def _type_name(tensor: Any) -> str:
    from onnx import TensorProto

    return str(TensorProto.DataType.Name(tensor.data_type)).lower()


def _same(left: Any, right: Any) -> bool:
    """Bit for bit, so that no NaN hides; texts are compared as texts."""
    if left.dtype == object:
        return bool((left == right).all())
    flat = np.ascontiguousarray(left).reshape(-1), np.ascontiguousarray(right).reshape(-1)
    return all(
        flat[0][at : at + _BLOCK].tobytes() == flat[1][at : at + _BLOCK].tobytes()
        for at in range(0, flat[0].size, _BLOCK)
    )


def _distance(left: Any, right: Any) -> tuple[float | None, float | None]:
    if object in (left.dtype, right.dtype):
        return None, None
    flat = left.reshape(-1), right.reshape(-1)
    largest = squares = scale = 0.0
    for at in range(0, flat[0].size, _BLOCK):
        a, b = (side[at : at + _BLOCK].astype(np.float64) for side in flat)
        with np.errstate(all="ignore"):
            away = np.abs(a - b)
            # A NaN that both have is no difference; one alone makes the distance NaN.
            away[(np.isnan(a) & np.isnan(b)) | (a == b)] = 0
            here = float(away.max(initial=0))
            largest = here if math.isnan(here) or here > largest else largest
            squares += float(np.square(away).sum())
            scale += float(np.square(a).sum())
    relative = math.sqrt(squares / scale) if scale > 0 and squares / scale >= 0 else None
    return (largest if math.isfinite(largest) else None), relative


def _structure(before: Any, after: Any) -> Iterator[tuple[str, str | None, str | None]]:
    yield from _counts("operator", _operators(before), _operators(after))
    yield from _counts("opset of", _opsets(before), _opsets(after))
    if before.ir_version != after.ir_version:
        yield "IR version", str(before.ir_version), str(after.ir_version)
    for what in ("input", "output"):
        sides = [", ".join(v.name for v in getattr(m.graph, what)) for m in (before, after)]
        if sides[0] != sides[1]:
            yield f"{what}s", sides[0], sides[1]
    for number, (old, new) in enumerate(zip(before.graph.node, after.graph.node, strict=False)):
        if _plain(old) != _plain(new):
            yield f"first other node ({number})", _said(old), _said(new)
            break


def _counts(
    what: str, before: Mapping[str, int], after: Mapping[str, int]
) -> Iterator[tuple[str, str | None, str | None]]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            old, new = before.get(name), after.get(name)
            yield (
                f"{what} {name}",
                None if old is None else str(old),
                None if new is None else str(new),
            )


def _operators(model: Any) -> Mapping[str, int]:
    nodes = storage.nodes(model.graph)
    return Counter(f"{n.domain}:{n.op_type}" if n.domain else n.op_type for n in nodes)


def _opsets(model: Any) -> Mapping[str, int]:
    return {o.domain or "ai.onnx": o.version for o in model.opset_import}


def _plain(node: Any) -> tuple[Any, ...]:
    """A node without its name and its tensors, which are compared by themselves."""
    attributes = sorted(
        (a.name, a.SerializeToString(deterministic=True))
        for a in node.attribute
        if not a.HasField("t")
    )
    return node.op_type, node.domain, tuple(node.input), tuple(node.output), attributes


def _said(node: Any) -> str:
    return f"{node.op_type}({', '.join(node.input)}) -> {', '.join(node.output)}"
