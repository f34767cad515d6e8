"""Hostile graphs by name: archives whose model.onnx reaches out, runs foreign code or never ends."""

from __future__ import annotations

from collections.abc import Callable

from djlift.strict.onnx_wire import DEPTH, FIELDS, NODES
from djlift.strict.refusal import Refusal
from tests.support.hostile.onnx_bytes import (
    ATTRIBUTE,
    DOMAIN,
    EXTERNAL,
    FUNCTION,
    GRAPH,
    INITIALIZER,
    LOCATION,
    METADATA,
    OP_TYPE,
    OPSET,
    PLAIN,
    SPARSE,
    SPARSE_TENSOR,
    SUBGRAPH,
    SUBGRAPHS,
    TENSOR,
    TENSORS,
    TRAINING,
    external,
    message,
    model,
    nested,
    node,
    number,
    opset,
    tensor,
    varint,
)
from tests.support.hostile.whole_archive import archive, replaced

Case = tuple[Callable[[], bytes], Refusal]
_WEIGHTS = bytes(64)


def graph(data: bytes) -> Callable[[], bytes]:
    """An archive with this model.onnx."""
    return replaced("model.onnx", data)


def weights(location: str | None, **facts: str) -> Callable[[], bytes]:
    """An archive with a model.onnx.data of 64 bytes, and a weight that is said to be somewhere."""
    data = model(node(), tensor(external(location, **facts)))
    return lambda: archive({"model.onnx": data, "model.onnx.data": _WEIGHTS})


def attribute(*parts: bytes) -> bytes:
    """A node with one attribute."""
    return node("Constant", message(ATTRIBUTE, message(1, "value"), *parts))


def _far(field: int = TENSOR) -> bytes:
    return tensor(external("../secret"), field=field)


def _twice() -> bytes:
    return external() + message(EXTERNAL, message(1, "location"), message(2, "../secret"))


EXTERNAL_DATA: dict[str, Case] = {
    "weights above the archive": (weights("../secret"), Refusal.GRAPH_FILE),
    "weights far above": (weights("../../../../etc/passwd"), Refusal.GRAPH_FILE),
    "weights at an absolute path": (weights("/etc/passwd"), Refusal.GRAPH_FILE),
    "weights on a drive": (weights("C:\\secret"), Refusal.GRAPH_FILE),
    "weights on a share": (weights("\\\\server\\share\\secret"), Refusal.GRAPH_FILE),
    "weights at a URL": (weights("file:///etc/passwd"), Refusal.GRAPH_FILE),
    "weights in memory": (weights("*/_ORT_MEM_ADDR_/*", offset="140000000"), Refusal.GRAPH_FILE),
    "weights in a device": (weights("/dev/zero"), Refusal.GRAPH_FILE),
    "weights in another file": (weights("config.json"), Refusal.GRAPH_FILE),
    "weights by a detour": (weights("golden/../model.onnx.data"), Refusal.GRAPH_FILE),
    "weights with a dot": (weights("./model.onnx.data"), Refusal.GRAPH_FILE),
    "weights with a NUL": (weights("model.onnx.data\0../x"), Refusal.GRAPH_FILE),
    "weights in another case": (weights("MODEL.ONNX.DATA"), Refusal.GRAPH_FILE),
    "weights at no place": (weights(""), Refusal.GRAPH_FILE),
    "weights without location": (weights(None, offset="0"), Refusal.GRAPH_FILE),
    "weights of a foreign key": (weights("model.onnx.data", basepath="/"), Refusal.GRAPH_FILE),
    "weights past the end": (
        weights("model.onnx.data", offset="61", length="4"),
        Refusal.GRAPH_FILE,
    ),
    "weights of exabytes": (weights("model.onnx.data", length="9" * 18), Refusal.GRAPH_FILE),
    "weights past 64 bits": (weights("model.onnx.data", offset="9" * 30), Refusal.GRAPH_FILE),
    "weights at a negative offset": (weights("model.onnx.data", offset="-4"), Refusal.GRAPH_FILE),
    "weights at an offset in hex": (weights("model.onnx.data", offset="0x4"), Refusal.GRAPH_FILE),
    "weights at an Arabic offset": (weights("model.onnx.data", offset="٣"), Refusal.GRAPH_FILE),
    "weights file that is not there": (
        graph(model(node(), tensor(external()))),
        Refusal.GRAPH_FILE,
    ),
    "weights said twice": (
        lambda: archive({"model.onnx": model(tensor(_twice())), "model.onnx.data": _WEIGHTS}),
        Refusal.GRAPH_FILE,
    ),
    "weights without the mark": (
        graph(model(tensor(message(EXTERNAL, message(1, "location"), message(2, "/x"))))),
        Refusal.GRAPH_FILE,
    ),
    "mark without weights": (graph(model(tensor(number(LOCATION, 1)))), Refusal.GRAPH_FILE),
    "unknown mark": (graph(model(tensor(number(LOCATION, 7)))), Refusal.GRAPH_FILE),
    "weights of a constant": (graph(model(attribute(_far()))), Refusal.GRAPH_FILE),
    "weights of constants": (graph(model(attribute(_far(TENSORS)))), Refusal.GRAPH_FILE),
    "weights in an inner graph": (
        graph(model(attribute(message(SUBGRAPH, _far(INITIALIZER))))),
        Refusal.GRAPH_FILE,
    ),
    "weights in inner graphs": (
        graph(model(attribute(message(SUBGRAPHS, _far(INITIALIZER))))),
        Refusal.GRAPH_FILE,
    ),
    "weights after a second graph": (
        graph(model(node(), after=message(GRAPH, _far(INITIALIZER)))),
        Refusal.GRAPH,
    ),
    "location in two parts": (
        graph(
            model(
                tensor(message(EXTERNAL, message(1, "location"), message(2, "a"), message(2, "/x")))
            )
        ),
        Refusal.GRAPH,
    ),
}

OPERATORS: dict[str, Case] = {
    "operator of a custom domain": (graph(model(node(domain="evil"))), Refusal.GRAPH_OPERATOR),
    "operator of the extensions": (
        graph(model(node("PyOp", domain="ai.onnx.contrib"))),
        Refusal.GRAPH_OPERATOR,
    ),
    "operator of a plugin": (graph(model(node(domain="trt.plugins"))), Refusal.GRAPH_OPERATOR),
    "operator of PyTorch": (
        graph(model(node("ATen", domain="org.pytorch.aten"))),
        Refusal.GRAPH_OPERATOR,
    ),
    "domain with a blank": (graph(model(node(domain="com.microsoft "))), Refusal.GRAPH_OPERATOR),
    "operator in an inner graph": (
        graph(model(attribute(message(SUBGRAPH, node(domain="evil"))))),
        Refusal.GRAPH_OPERATOR,
    ),
    "operator sets of a custom domain": (
        graph(model(node(), after=opset("evil", 1))),
        Refusal.GRAPH_OPERATOR,
    ),
    "domain twice": (
        graph(model(node("X", message(DOMAIN, "evil"), domain=""))),
        Refusal.GRAPH,
    ),
    "operator twice": (graph(model(node("X", message(OP_TYPE, "Loop")))), Refusal.GRAPH),
    "function": (
        graph(model(node(), after=message(FUNCTION, message(1, "f")))),
        Refusal.GRAPH_OPERATOR,
    ),
    "function before the graph": (
        graph(model(node(), before=message(FUNCTION, message(1, "Identity")))),
        Refusal.GRAPH_OPERATOR,
    ),
    "training": (graph(model(node(), after=message(TRAINING))), Refusal.GRAPH_OPERATOR),
    "compiled graph": (
        graph(model(node("EPContext", domain="com.microsoft"))),
        Refusal.GRAPH_OPERATOR,
    ),
    "loop": (graph(model(node("Loop"))), Refusal.GRAPH_OPERATOR),
    "scan": (graph(model(node("Scan"))), Refusal.GRAPH_OPERATOR),
    "settings of the runtime": (
        graph(model(node(), after=message(METADATA, message(1, "ort_config"), message(2, "{}")))),
        Refusal.GRAPH,
    ),
}

SIZES: dict[str, Case] = {
    "a million nodes": (
        lambda: archive({"model.onnx": model(message(1) * 1_000_000)}),
        Refusal.GRAPH_SIZE,
    ),
    "one node too many": (
        lambda: archive({"model.onnx": model(message(1) * (NODES + 1))}),
        Refusal.GRAPH_SIZE,
    ),
    "fields without end": (
        lambda: archive({"model.onnx": model(number(100, 0) * FIELDS)}),
        Refusal.GRAPH_SIZE,
    ),
    "graphs nested too deep": (graph(nested(DEPTH + 1)), Refusal.GRAPH_SIZE),
    "graphs nested a thousand deep": (graph(nested(1000)), Refusal.GRAPH_SIZE),
    "sparse weights": (graph(model(message(SPARSE, number(3, 1 << 40)))), Refusal.GRAPH),
    "sparse constant": (graph(model(attribute(message(SPARSE_TENSOR)))), Refusal.GRAPH),
    "operator with a long name": (graph(model(node("x" * 100_000))), Refusal.GRAPH),
}

NO_GRAPHS: dict[str, Case] = {
    "graph of nothing": (graph(b""), Refusal.GRAPH),
    "graph of zeros": (graph(bytes(1000)), Refusal.GRAPH),
    "graph of noise": (graph(bytes(range(256))), Refusal.GRAPH),
    "graph cut": (graph(PLAIN[:-3]), Refusal.GRAPH),
    "graph with bytes behind it": (graph(PLAIN + b"\0"), Refusal.GRAPH),
    "graph in ONNX Runtime's format": (graph(b"\x18\0\0\0ORTM" + PLAIN), Refusal.GRAPH),
    "graph hidden behind a runtime's format": (
        graph(message(100, b"\0ORTM") + PLAIN),
        Refusal.GRAPH,
    ),
    "graph that is a pickle": (graph(b"\x80\x04cos\nsystem\n."), Refusal.GRAPH),
    "graph that is a zip": (graph(b"PK\x03\x04" + bytes(60)), Refusal.GRAPH),
    "model without graph": (graph(number(1, 8) + opset()), Refusal.GRAPH),
    "model without opset": (graph(number(1, 8) + message(GRAPH, node())), Refusal.GRAPH),
    "graph that is a number": (graph(number(GRAPH, 1) + opset()), Refusal.GRAPH),
    "opset that is a number": (graph(model(node(), after=number(OPSET, 1))), Refusal.GRAPH),
    "graph twice": (graph(model(node(), after=message(GRAPH, node()))), Refusal.GRAPH),
    "length past the end": (graph(model(node()) + varint(2 << 3 | 2) + varint(99)), Refusal.GRAPH),
    "length of 64 bits": (
        graph(model(node()) + varint(2 << 3 | 2) + varint((1 << 64) - 1)),
        Refusal.GRAPH,
    ),
    "number past 64 bits": (graph(model(node()) + b"\x08" + b"\xff" * 9 + b"\x02"), Refusal.GRAPH),
    "number without end": (graph(model(node()) + b"\x08" + b"\x80" * 30), Refusal.GRAPH),
    "number in a long form": (graph(model(node()) + b"\x08\x81\x00"), Refusal.GRAPH),
    "field in a long form": (graph(model(node()) + b"\xba\x80\x00\x00"), Refusal.GRAPH),
    "field past 32 bits": (graph(model(node()) + varint(1 << 32 | 8) + b"\0"), Refusal.GRAPH),
    "field zero": (graph(model(node()) + b"\x02\x00"), Refusal.GRAPH),
    "groups": (graph(model(node()) + b"\x0b\x0c"), Refusal.GRAPH),
    "wire type 7": (graph(model(node()) + b"\x0f"), Refusal.GRAPH),
    "operator that is not UTF-8": (graph(model(message(1, message(4, b"\xff")))), Refusal.GRAPH),
    "constant with two tensors": (
        graph(model(attribute(tensor(field=TENSOR), tensor(field=TENSOR)))),
        Refusal.GRAPH,
    ),
    "branch with two graphs": (
        graph(model(attribute(message(SUBGRAPH, node()), message(SUBGRAPH, node())))),
        Refusal.GRAPH,
    ),
}

GRAPHS: dict[str, Case] = {**EXTERNAL_DATA, **OPERATORS, **SIZES, **NO_GRAPHS}
