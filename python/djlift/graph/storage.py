"""ONNX files of any size: past protobuf's 2 GB the weights go into ``model.onnx.data`` beside the graph."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from djlift.errors import ExportError
from djlift.graph.rounding import halved

MODEL = "model.onnx"
"""Name of the graph in an archive."""
WEIGHTS_SUFFIX = ".data"
INLINE_LIMIT = 1_900_000_000
"""Bytes of weights up to which they stay in the graph's own file; protobuf reads no message of 2**31 bytes."""
# Smaller tensors stay in the graph: shapes, scalars, and rows that conversions look into.
_SMALL = 1 << 16
_ALIGNED = 4096
"""Weights begin at a multiple of this, so that a runtime can map them into memory."""
_BLOCK = 1 << 24


def weights_file(file: Path) -> Path:
    """Where the weights of a graph are that does not hold them itself."""
    return file.with_name(file.name + WEIGHTS_SUFFIX)


def write(model: Any, file: Path, *, limit: int | None = None, source: Path | None = None) -> int:
    """Write a graph, its weights beside it when they are many; the same graph gives the same bytes.

    The model is used up: weights that were written to the second file are no longer in it.

    Args:
        model: An ``onnx.ModelProto``. Weights that it does not hold are those of ``source``; what is fp16 in
            the model and fp32 there is rounded on the way, a block at a time.
        limit: Bytes of weights that may stay in the graph's own file; None is :data:`INLINE_LIMIT`.
        source: The graph's file that ``model`` was read from without weights; they lie in its folder.

    Returns:
        Bytes of both files.
    """
    weights, most = weights_file(file), INLINE_LIMIT if limit is None else limit
    weights.unlink(missing_ok=True)
    elsewhere = any(_is_elsewhere(t) for t in initializers(model.graph))
    if elsewhere and source is None:
        raise ValueError(
            "a graph that was read without its weights can only be written from a source"
        )
    if elsewhere or sum(len(t.raw_data) for t in tensors(model.graph)) > most:
        _write_weights(model, weights, source, min(_SMALL, most))
    file.write_bytes(model.SerializeToString(deterministic=True))
    return size(file)


def _write_weights(model: Any, weights: Path, source: Path | None, small: int) -> None:
    with weights.open("wb") as out:
        for tensor in initializers(model.graph):
            if not _is_elsewhere(tensor) and len(tensor.raw_data) < small:
                continue
            offset = -(-out.tell() // _ALIGNED) * _ALIGNED
            out.seek(offset)
            for block in _blocks(tensor, source):
                out.write(block)
            _stands_at(tensor, weights.name, offset, out.tell() - offset)


def _is_elsewhere(tensor: Any) -> bool:
    return bool(tensor.data_location == tensor.EXTERNAL)


def _blocks(tensor: Any, source: Path | None) -> Iterator[bytes]:
    """The bytes of a tensor, in its own precision."""
    if source is None or not _is_elsewhere(tensor):
        yield tensor.raw_data
        return
    place = {entry.key: entry.value for entry in tensor.external_data}
    file = source.parent / Path(place["location"]).name
    with file.open("rb") as held:
        held.seek(int(place.get("offset", "0")))
        count = math.prod(tensor.dims)
        # Without a length it is all that the file has.
        left = int(place.get("length", file.stat().st_size - held.tell()))
        rounded = tensor.data_type == tensor.FLOAT16 and left == 4 * count
        while left:
            block = held.read(min(left, _BLOCK))
            if not block:
                raise ExportError(
                    "the weights of a graph end too early",
                    code="graph-weights-short",
                    file=file.name,
                    expected=f"{left} bytes more for {tensor.name}",
                )
            left -= len(block)
            yield halved(np.frombuffer(block, "<f4")).tobytes() if rounded else block


def _stands_at(tensor: Any, name: str, offset: int, length: int) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = tensor.EXTERNAL
    del tensor.external_data[:]
    for key, value in (("location", name), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))


def size(file: Path) -> int:
    """Bytes of a graph, its weights included."""
    weights = weights_file(file)
    return file.stat().st_size + (weights.stat().st_size if weights.exists() else 0)


def read(file: Path, *, weights: bool = True) -> Any:
    """Read a graph; without ``weights`` those in a second file stay there.

    Raises:
        ExportError: A weight is said to be in another file than the one beside the graph.
    """
    import onnx
    from onnx.external_data_helper import load_external_data_for_model

    model = onnx.load(file, load_external_data=False)
    for tensor in tensors(model.graph):
        where = {e.key: e.value for e in tensor.external_data}.get("location")
        if where is not None and where != weights_file(file).name:
            raise ExportError(
                "a weight of the graph is in a file of its own",
                code="graph-external-data",
                file=file.name,
                expected=f"weights in the graph or in {weights_file(file).name}",
                found=f"{tensor.name} in {where!r}",
            )
    if weights:
        load_external_data_for_model(model, str(file.parent))
    return model


def outline(file: Path) -> Any:
    """Read an exported graph without its large matrices, which may each be in a file of its own.

    What is inside the graph's own file is read whatever its size.
    """
    import onnx
    from onnx.external_data_helper import load_external_data_for_tensor

    model = onnx.load(file, load_external_data=False)
    for tensor in tensors(model.graph):
        if _is_elsewhere(tensor) and (len(tensor.dims) < 2 or 4 * math.prod(tensor.dims) < _SMALL):
            load_external_data_for_tensor(tensor, str(file.parent))
            tensor.data_location = tensor.DEFAULT
            del tensor.external_data[:]
    return model


def copy(source: Path, target: Path) -> None:
    """Let a graph and its weights stand in a second folder too.

    Not by links: the onnx package reads no weights that another name leads to as well.
    """
    for one, other in ((source, target), (weights_file(source), weights_file(target))):
        if one.exists():
            shutil.copyfile(one, other)


def move(source: Path, target: Path) -> None:
    """Move a graph and its weights within one file system; the graph names its weights by the old name."""
    if weights_file(source).exists():
        if source.name != target.name:
            raise ValueError(
                f"{source.name} names its weights file: it cannot become {target.name}"
            )
        weights_file(source).replace(weights_file(target))
    source.replace(target)


def initializers(graph: Any) -> Iterator[Any]:
    """The initializers of a graph and of its inner graphs."""
    yield from graph.initializer
    for node in nodes(graph, inner=False):
        for attribute in node.attribute:
            for below in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from initializers(below)


def tensors(graph: Any) -> Iterator[Any]:
    """Every stored tensor of a graph: initializers and the values of constants, inner graphs included."""
    yield from graph.initializer
    for node in nodes(graph, inner=False):
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for below in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from tensors(below)


def nodes(graph: Any, *, inner: bool = True) -> Iterable[Any]:
    """The nodes of a graph and, unless ``inner`` is off, those of its inner graphs."""
    for node in graph.node:
        yield node
        for attribute in node.attribute if inner else ():
            for below in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from nodes(below)
