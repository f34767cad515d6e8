"""ONNX models byte by byte: what protobuf's own writers would never write can be written here."""

from __future__ import annotations

from collections.abc import Iterable

GRAPH, OPSET, METADATA, TRAINING, FUNCTION = 7, 8, 14, 20, 25
NODE, INITIALIZER, SPARSE = 1, 5, 15
OP_TYPE, ATTRIBUTE, DOMAIN = 4, 5, 7
TENSOR, SUBGRAPH, TENSORS, SUBGRAPHS, SPARSE_TENSOR = 5, 6, 10, 11, 22
EXTERNAL, LOCATION = 13, 14


def varint(value: int) -> bytes:
    """A number of 64 bits in its shortest form."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    """A field that is a number."""
    return varint(field << 3) + varint(value)


def message(field: int, *parts: bytes | str) -> bytes:
    """A field of bytes: a text, or fields within it."""
    data = b"".join(p.encode() if isinstance(p, str) else p for p in parts)
    return varint(field << 3 | 2) + varint(len(data)) + data


def node(operator: str = "Identity", *more: bytes, domain: str | None = None) -> bytes:
    """A node of a graph."""
    where = b"" if domain is None else message(DOMAIN, domain)
    return message(NODE, message(1, "x"), message(2, "y"), message(OP_TYPE, operator), where, *more)


def tensor(*more: bytes, field: int = INITIALIZER) -> bytes:
    """A tensor of one float, or of what ``more`` says."""
    return message(field, number(1, 1), number(2, 1), message(8, "w"), *more)


def external(location: str | None = "model.onnx.data", **facts: str) -> bytes:
    """The fields of a tensor whose values are in another file."""
    said = ({} if location is None else {"location": location}) | facts
    pairs = (message(EXTERNAL, message(1, key), message(2, value)) for key, value in said.items())
    return b"".join(pairs) + number(LOCATION, 1)


def opset(domain: str = "", version: int = 17) -> bytes:
    """An operator set that the model uses."""
    return message(OPSET, message(1, domain) if domain else b"", number(2, version))


def model(*inner: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    """A model whose graph holds these fields."""
    return number(1, 8) + before + message(GRAPH, *inner) + opset() + after


def nested(depth: int) -> bytes:
    """A graph in an attribute of a node of a graph, and so on."""
    inner = node()
    for _ in range(depth - 1):
        inner = node("If", message(ATTRIBUTE, message(1, "then_branch"), message(SUBGRAPH, inner)))
    return model(inner)


def many(fields: Iterable[bytes]) -> bytes:
    """A model whose graph holds many fields."""
    return model(b"".join(fields))


PLAIN = model(node(), tensor(message(9, bytes(4))))
