"""Who makes and who reads each value of an ONNX graph: what a rewriting rule asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FLOAT = {"Softmax", "LayerNormalization", "Erf", "Sqrt", "Sin", "Cos"}
_AS_THEIR_FIRST = {
    *("Add", "Sub", "Mul", "Div", "Neg", "MatMul", "Concat", "Gather"),
    *("Transpose", "Reshape", "Slice", "Squeeze", "Unsqueeze", "Expand"),
}
"""Operators whose output has the type of their first input."""


class Wiring:
    """An index over a graph of ``onnx.ModelProto``; :meth:`refresh` after the graph was changed.

    Attributes:
        model: The model; its graph is changed in place.
        folder: Where weights are that the model does not hold.
    """

    def __init__(self, model: Any, folder: Path | None = None) -> None:
        self.model = model
        self.folder = folder
        self.refresh()

    def refresh(self) -> None:
        """Read the graph again."""
        graph = self.model.graph
        self._makers = {name: node for node in graph.node for name in node.output if name}
        self._readers: dict[str, list[Any]] = {}
        for node in graph.node:
            for name in inputs_of(node):
                self._readers.setdefault(name, []).append(node)
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}
        self._outputs = {value.name for value in graph.output}

    def maker(self, value: str, *kinds: str) -> Any | None:
        """The node that makes a value, Identity nodes aside; None when it is of none of the kinds."""
        node = self._makers.get(self.origin(value))
        return node if node is not None and (not kinds or node.op_type in kinds) else None

    def origin(self, value: str) -> str:
        """The value that Identity nodes pass on."""
        node = self._makers.get(value)
        while node is not None and node.op_type == "Identity":
            value = node.input[0]
            node = self._makers.get(value)
        return value

    def reader(self, value: str, *kinds: str) -> Any | None:
        """The node that reads a value when it is the only one, of one of the kinds, and no output.

        Nodes that ask for its shape do not count.
        """
        found = [n for n in self._readers.get(value, []) if n.op_type != "Shape"]
        alone = len(found) == 1 and value not in self._outputs
        return found[0] if alone and found[0].op_type in kinds else None

    def shape_of_constant(self, value: str) -> tuple[int, ...] | None:
        """The shape of a constant, without reading its data; None for what is computed."""
        tensor = self._tensor(value)
        return None if tensor is None else tuple(tensor.dims)

    def constant(self, value: str) -> NDArray[Any] | None:
        """The data of a constant; None for what is computed."""
        from onnx import numpy_helper

        tensor = self._tensor(value)
        return (
            None
            if tensor is None
            else np.asarray(numpy_helper.to_array(tensor, str(self.folder or "")))
        )

    def scalar(self, value: str) -> float | None:
        """The number that a constant of one element holds."""
        shape = self.shape_of_constant(value)
        if shape is None or int(np.prod(shape)) != 1:
            return None
        found = self.constant(value)
        return None if found is None else float(found.reshape(-1)[0])

    def _tensor(self, value: str) -> Any | None:
        value = self.origin(value)
        if value in self._tensors:
            return self._tensors[value]
        node = self._makers.get(value)
        if node is None or node.op_type != "Constant":
            return None
        return next((a.t for a in node.attribute if a.name == "value"), None)

    def is_float(self, value: str) -> bool:
        """Whether a value is known to be float32, by the nodes that make it."""
        import onnx

        while True:
            tensor = self._tensor(value)
            node = self.maker(value)
            if tensor is not None:
                return bool(tensor.data_type == onnx.TensorProto.FLOAT)
            if node is None or node.op_type == "Cast":
                return node is not None and attribute(node, "to") == onnx.TensorProto.FLOAT
            if node.op_type in _FLOAT:
                return True
            if node.op_type not in _AS_THEIR_FIRST:
                return False
            value = node.input[0]

    def before(self, values: Iterable[str], *, through_shapes: bool = True) -> list[Any]:
        """The nodes that values are computed by, in the graph's order.

        Args:
            through_shapes: Whether what only the shape of is asked for counts too.
        """
        wanted, seen = list(values), set[str]()
        while wanted:
            value = wanted.pop()
            node = self._makers.get(value)
            if node is not None and node.output[0] not in seen:
                seen.add(node.output[0])
                if through_shapes or node.op_type != "Shape":
                    wanted.extend(inputs_of(node))
        return [node for node in self.model.graph.node if node.output[0] in seen]

    def varies(self, value: str) -> bool:
        """Whether what a value holds, not only its shape, depends on the graph's inputs."""
        nodes = self.before([value], through_shapes=False)
        read = {name for node in nodes if node.op_type != "Shape" for name in inputs_of(node)}
        given = {i.name for i in self.model.graph.input} - set(self._tensors)
        return value in given or not given.isdisjoint(read)

    def tidy(self) -> None:
        """Drop the nodes and the weights that no output needs."""
        graph = self.model.graph
        self.refresh()
        needed = {node.output[0] for node in self.before(self._outputs)}
        for at in reversed(range(len(graph.node))):
            if graph.node[at].output[0] not in needed:
                del graph.node[at]
        read = {name for node in graph.node for name in inputs_of(node)} | self._outputs
        for at in reversed(range(len(graph.initializer))):
            if graph.initializer[at].name not in read:
                del graph.initializer[at]
        made = read | {name for node in graph.node for name in node.output}
        for at in reversed(range(len(graph.value_info))):
            if graph.value_info[at].name not in made:
                del graph.value_info[at]
        self.refresh()


def inputs_of(node: Any) -> Sequence[str]:
    """Every value that a node reads, those that its inner graphs take from outside included."""
    names = [name for name in node.input if name]
    for attribute in node.attribute:
        for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
            made = {name for n in inner.node for name in n.output}
            names += [
                name for n in inner.node for name in inputs_of(n) if name and name not in made
            ]
            names += [o.name for o in inner.output if o.name not in made]
    return names


def attribute(node: Any, name: str, default: Any = None) -> Any:
    """An attribute's value, strings as bytes."""
    import onnx

    for found in node.attribute:
        if found.name == name:
            return onnx.helper.get_attribute_value(found)
    return default
