"""ONNX files of any size: past protobuf's 2 GB the weights go into ``model.onnx.data`` beside the graph."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from djlift.errors import ExportError

WEIGHTS_SUFFIX = ".data"
INLINE_LIMIT = 1_900_000_000
"""Bytes of weights up to which they stay in the graph's own file; protobuf reads no message of 2**31 bytes."""
# Smaller tensors stay in the graph: shapes and scalars, which shape inference reads.
_SMALL = 1024


def weights_file(file: Path) -> Path:
    """Where the weights of a graph are that does not hold them itself."""
    return file.with_name(file.name + WEIGHTS_SUFFIX)


def write(model: Any, file: Path, *, limit: int | None = None) -> int:
    """Write a graph, and its weights beside it when they are many; the same graph gives the same bytes.

    The model is used up: weights that were written to the second file are no longer in it.

    Args:
        model: An ``onnx.ModelProto`` with all its weights in memory.
        limit: Bytes of weights that may stay in the graph's own file; None is :data:`INLINE_LIMIT`.

    Returns:
        Bytes of both files.
    """
    import onnx

    weights = weights_file(file)
    weights.unlink(missing_ok=True)
    large = sum(len(t.raw_data) for t in tensors(model.graph)) > (
        INLINE_LIMIT if limit is None else limit
    )
    if large:
        onnx.save_model(
            model,
            file,
            save_as_external_data=True,
            all_tensors_to_one_file=True,
            location=weights.name,
            size_threshold=_SMALL,
        )
    else:
        file.write_bytes(model.SerializeToString(deterministic=True))
    return size(file)


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
                file=file.name,
                expected=f"weights in the graph or in {weights_file(file).name}",
                found=f"{tensor.name} in {where!r}",
            )
    if weights:
        load_external_data_for_model(model, str(file.parent))
    return model


def link(source: Path, target: Path) -> None:
    """Let a graph and its weights stand in a second folder too, without a copy where links can be had."""
    for one, other in ((source, target), (weights_file(source), weights_file(target))):
        if one.exists():
            try:
                other.hardlink_to(one)
            except OSError:
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
