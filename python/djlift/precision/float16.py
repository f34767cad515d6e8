"""From an fp32 graph to fp16, with islands that stay fp32.

Every node computes in fp16 unless it is told to stay, its operator has no fp16, or it only prepares masks
and positions. Casts stand at the borders. What is kept is exactly what was asked for, and the same graph and
the same islands give the same bytes. ``docs/adr/0007-fp16.md`` says why ONNX Runtime's converter is not used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from djlift.graph.element_types import FLOAT, HALF, ElementTypes, element_types
from djlift.graph.rounding import LARGEST, SMALLEST, halved

FILLER = 1e30
"""What is larger is no activation: it fills masks, and stands for minus infinity."""
# A masked score: low enough that its exponential is zero, and a score can be added to it without overflow.
_MASKED = LARGEST / 2


@dataclass(frozen=True)
class Plan:
    """Which nodes of a graph can compute in fp16.

    Attributes:
        half: Their names, in the graph's order.
        always: Names of nodes with fp32 values that stay as they are: masks, positions, operators without fp16.
        types: Types of all values of the fp32 graph.
    """

    half: tuple[str, ...]
    always: tuple[str, ...]
    types: ElementTypes

    @staticmethod
    def of(model: Any) -> Plan:
        """The plan of an fp32 graph; weights may be elsewhere, only their shapes are read."""
        types = element_types(model)
        learned = {t.name for t in model.graph.initializer if _is_matrix(t)}
        half: list[str] = []
        always: list[str] = []
        for node in model.graph.node:
            floats = types.floats(node.output)
            if any(name in learned for name in _taken(node)):
                # A shape or a comparison of what was learned is not: masks are made of shapes.
                learned.update(floats)
            if not types.floats((*node.input, *node.output)) or node.op_type == "Constant":
                continue
            fits = (
                not learned.isdisjoint(_taken(node))
                and not any(_branches(node))
                and types.takes_half(node)
            )
            (half if fits else always).append(named(node))
        return Plan(tuple(half), tuple(always), types)


def named(node: Any) -> str:
    """The name of a node, or of its first output where it has none."""
    return str(node.name or node.output[0])


def halve(model: Any, kept: Collection[str] = ()) -> Any:
    """Bring an fp32 graph to fp16, in place; inputs and outputs of the graph stay fp32.

    Args:
        model: A ModelProto; it is changed. Large weights may have been left in their file: what becomes fp16 of
            them is marked so, and rounded by :func:`djlift.graph.storage.write`.
        kept: Names of nodes that stay fp32 beside those that always do.

    Returns:
        The same ModelProto.

    Raises:
        ValueError: A name that is no node which could be fp16.
    """
    lift_constants(model)
    plan = Plan.of(model)
    unknown = set(kept) - set(plan.half)
    if unknown:
        raise ValueError(f"no nodes that could be fp16: {sorted(unknown)}")
    half = set(plan.half) - set(kept)
    _lower_fillers(model, half)
    values = _halved_weights(model, half)
    values.update(
        output
        for node in model.graph.node
        if named(node) in half
        for output in plan.types.floats(node.output)
    )
    del model.graph.value_info[:]
    _cast_at_borders(model, half, values, plan.types)
    return model


def lift_constants(model: Any) -> None:
    """Make initializers of fp32 constants: they then take the precision of whoever reads them."""
    from onnx import TensorProto

    staying = []
    for node in model.graph.node:
        value = next((a.t for a in node.attribute if a.name == "value"), None)
        if (
            node.op_type == "Constant"
            and value is not None
            and value.data_type == TensorProto.FLOAT
        ):
            lifted = model.graph.initializer.add()
            lifted.CopyFrom(value)
            lifted.name = node.output[0]
        else:
            staying.append(node)
    if len(staying) < len(model.graph.node):
        copies = [_copy(node) for node in staying]
        del model.graph.node[:]
        model.graph.node.extend(copies)


def _copy(node: Any) -> Any:
    from onnx import NodeProto

    copy = NodeProto()
    copy.CopyFrom(node)
    return copy


def _is_matrix(tensor: Any) -> bool:
    from onnx import TensorProto

    return bool(tensor.data_type == TensorProto.FLOAT and sum(d > 1 for d in tensor.dims) > 1)


def _taken(node: Any) -> Iterator[str]:
    """Names that a node reads, those inside its branches included."""
    yield from node.input
    for branch in _branches(node):
        for inner in branch.node:
            yield from _taken(inner)
        yield from (output.name for output in branch.output)


def _branches(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _lower_fillers(model: Any, half: set[str]) -> None:
    """Replace what fills masks by a number that fp16 has, wherever it reaches an fp16 node."""
    from onnx import TensorProto, numpy_helper

    readers: dict[str, list[Any]] = {}
    for node in model.graph.node:
        for name in _taken(node):
            readers.setdefault(name, []).append(node)
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or _is_matrix(tensor):
            continue
        if tensor.data_location == TensorProto.EXTERNAL:
            # What is that large fills no mask.
            continue
        values = numpy_helper.to_array(tensor)
        large = np.abs(values) >= FILLER
        if not large.any() or not _reaches(tensor.name, readers, half):
            continue
        lowered = np.where(large, np.sign(values) * _MASKED, values).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(lowered, tensor.name))


def _reaches(name: str, readers: dict[str, list[Any]], half: set[str]) -> bool:
    seen, waiting = {name}, [name]
    while waiting:
        for node in readers.get(waiting.pop(), ()):
            if named(node) in half:
                return True
            for output in node.output:
                # After a softmax nothing of a filler is left.
                if node.op_type != "Softmax" and output not in seen:
                    seen.add(output)
                    waiting.append(output)
    return False


def _halved_weights(model: Any, half: set[str]) -> set[str]:
    """Convert what only fp16 nodes read; the names. What others read too stays, and is cast for some."""
    from onnx import TensorProto

    by_half: set[str] = set()
    by_others: set[str] = set()
    for node in model.graph.node:
        (by_half if named(node) in half else by_others).update(_taken(node))
    by_others.update(output.name for output in model.graph.output)
    names = set()
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and tensor.name in by_half - by_others:
            _halve_tensor(tensor)
            names.add(tensor.name)
    return names


def _halve_tensor(tensor: Any) -> None:
    from onnx import TensorProto, numpy_helper

    if tensor.data_location != TensorProto.EXTERNAL:
        values = halved(np.asarray(numpy_helper.to_array(tensor)))
        del tensor.float_data[:]
        tensor.raw_data = values.tobytes()
    tensor.data_type = TensorProto.FLOAT16


def _cast_at_borders(model: Any, half: set[str], values: set[str], types: ElementTypes) -> None:
    from onnx import TensorProto, helper

    nodes: list[Any] = []
    cast: dict[tuple[str, bool], str] = {}

    def fitting(name: str, wants_half: bool) -> str:
        """The name under which a value has the wanted precision."""
        if types.of.get(name) != FLOAT or (name in values) == wants_half:
            return name
        known = cast.get((name, wants_half))
        if known is None:
            known = f"{name}_{'fp16' if wants_half else 'fp32'}"
            to = TensorProto.FLOAT16 if wants_half else TensorProto.FLOAT
            nodes.append(helper.make_node("Cast", [name], [known], name=f"Cast_{known}", to=to))
            cast[name, wants_half] = known
        return known

    for node in model.graph.node:
        wants_half = named(node) in half
        for at, name in enumerate(node.input):
            node.input[at] = fitting(name, wants_half)
        for branch in _branches(node):
            _rename(branch, {name: fitting(name, False) for name in _taken(node)})
        if wants_half:
            _halve_attributes(node)
        nodes.append(_copy(node))
    for output in model.graph.output:
        if output.name in values:
            _cast_output(output.name, nodes)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _halve_attributes(node: Any) -> None:
    from onnx import TensorProto

    for attribute in node.attribute:
        if attribute.name == "to" and attribute.i == TensorProto.FLOAT:
            attribute.i = TensorProto.FLOAT16
        elif attribute.name == "epsilon" and 0 < attribute.f < SMALLEST:
            # Kernels that compute in fp16 would add zero, and divide a constant row by it.
            attribute.f = SMALLEST


def _rename(branch: Any, names: dict[str, str]) -> None:
    for node in branch.node:
        for at, name in enumerate(node.input):
            node.input[at] = names.get(name, name)
        for inner in _branches(node):
            _rename(inner, names)


def _cast_output(name: str, nodes: list[Any]) -> None:
    """Give a graph's output fp32 under its own name, and the value before it another."""
    from onnx import TensorProto, helper

    inner = f"{name}_fp16"
    for node in nodes:
        for side in (node.input, node.output):
            for at, found in enumerate(side):
                if found == name:
                    side[at] = inner
    nodes.append(
        helper.make_node("Cast", [inner], [name], name=f"Cast_{name}", to=TensorProto.FLOAT)
    )


def as_stored(model: Any) -> Any:
    """Make every fp16 value of a graph really pass through fp16, in place; to be run without optimization.

    On a CPU, ONNX Runtime computes most fp16 operators in fp32 and leaves out the casts between them, at
    every level of optimization: what overflows on a GPU stays finite. It also lifts a lone fp16 operator to
    fp32. Two operators that only hand on, and have fp16 on a CPU, are neither.
    """
    from onnx import helper

    types = element_types(model)
    passed: dict[str, str] = {}
    nodes = []
    for node in model.graph.node:
        for at, name in enumerate(node.input):
            node.input[at] = passed.get(name, name)
        nodes.append(_copy(node))
        for name in node.output:
            if types.of.get(name) == HALF:
                passed[name] = f"{name}_stored"
                nodes.append(helper.make_node("Identity", [name], [f"{name}_passed"]))
                nodes.append(helper.make_node("Identity", [f"{name}_passed"], [f"{name}_stored"]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model
