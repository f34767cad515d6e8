"""Element types of all values of a graph, by the schemas of ONNX and ONNX Runtime.

ONNX's own inference stops at ONNX Runtime's operators; their schemas state the types as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from djlift.errors import ExportError

FLOAT = "tensor(float)"
HALF = "tensor(float16)"
# Where the type of an output is an attribute: its name, and the type when it is absent.
_BY_ATTRIBUTE = {"Cast": ("to", FLOAT), "EyeLike": ("dtype", FLOAT)}


@dataclass(frozen=True)
class ElementTypes:
    """What a graph's values are made of.

    Attributes:
        of: By name of the value: ``tensor(float)``, ``tensor(int64)``, ...
        opsets: Version of the operator set by domain; ONNX's own is ``""``.
    """

    of: Mapping[str, str]
    opsets: Mapping[str, int]

    def floats(self, names: Any) -> list[str]:
        """Those of the names that are fp32 values; an absent optional one is none."""
        return [name for name in names if self.of.get(name) == FLOAT]

    def takes_half(self, node: Any) -> bool:
        """Whether the operator allows fp16 wherever this node has fp32."""
        schema = _schema(node, self.opsets)
        for names, formals in ((node.input, schema.inputs), (node.output, schema.outputs)):
            for name, formal in _paired(names, formals):
                if self.of.get(name) == FLOAT and HALF not in formal.types:
                    return False
        return True


def element_types(model: Any) -> ElementTypes:
    """The types of all values of a model's main graph.

    Raises:
        ExportError: An operator that ONNX Runtime does not know.
    """
    from onnx import TensorProto

    opsets = {("" if o.domain == "ai.onnx" else o.domain): o.version for o in model.opset_import}
    of = {tensor.name: _named(tensor.data_type) for tensor in model.graph.initializer}
    for value in model.graph.input:
        of[value.name] = _named(value.type.tensor_type.elem_type)
    for node in model.graph.node:
        attributes = {a.name: a for a in node.attribute}
        if node.op_type in _BY_ATTRIBUTE:
            name, otherwise = _BY_ATTRIBUTE[node.op_type]
            of[node.output[0]] = _named(attributes[name].i) if name in attributes else otherwise
            continue
        if node.op_type in ("Constant", "ConstantOfShape"):
            given = [a for a in node.attribute if a.HasField("t")]
            kind = given[0].t.data_type if given else TensorProto.FLOAT
            if any(a.name in ("value_int", "value_ints") for a in node.attribute):
                kind = TensorProto.INT64
            of[node.output[0]] = _named(kind)
            continue
        branch = next((a.g for a in node.attribute if a.HasField("g")), None)
        if node.op_type == "If" and branch is not None:
            inner = (output.type.tensor_type.elem_type for output in branch.output)
            of.update(zip(node.output, map(_named, inner), strict=True))
            continue
        schema = _schema(node, opsets)
        bound = {
            formal.typeStr: of[name]
            for name, formal in _paired(node.input, schema.inputs)
            if name in of
        }
        for name, formal in _paired(node.output, schema.outputs):
            known = bound.get(formal.typeStr, formal.typeStr)
            if known.startswith("tensor("):
                of[name] = known
            elif len(formal.types) == 1:
                of[name] = next(iter(formal.types))
            else:
                raise ExportError(
                    "the type of a value of the graph is not known",
                    code="unknown-element-type",
                    expected="types that follow from the operators' schemas",
                    found=f"{name}, of {node.op_type}",
                )
    return ElementTypes(of, opsets)


def _paired(names: Any, formals: Any) -> Iterator[tuple[str, Any]]:
    """Actual names with their formal parameters; the last one may take any number."""
    for at, name in enumerate(names):
        if name and formals:
            yield name, formals[min(at, len(formals) - 1)]


def _named(kind: int) -> str:
    from onnx import TensorProto

    return f"tensor({TensorProto.DataType.Name(kind).lower()})"


def _schema(node: Any, opsets: Mapping[str, int]) -> Any:
    domain = "" if node.domain == "ai.onnx" else node.domain
    version = opsets.get(domain, 1)
    known = _schemas().get((domain, node.op_type), {})
    fitting = [since for since in known if since <= version]
    if not fitting:
        raise ExportError(
            "the graph holds an operator that ONNX Runtime does not know",
            code="unknown-operator",
            expected="operators of ONNX and ONNX Runtime",
            found=f"{domain or 'ai.onnx'}::{node.op_type}, version {version}",
        )
    return known[max(fitting)]


@cache
def _schemas() -> Mapping[tuple[str, str], Mapping[int, Any]]:
    from onnxruntime.capi import onnxruntime_pybind11_state as runtime

    found: dict[tuple[str, str], dict[int, Any]] = {}
    for schema in runtime.get_all_operator_schema():
        versions = found.setdefault((schema.domain, schema.name), {})
        versions[schema.since_version] = schema
    return found
