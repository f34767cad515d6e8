"""Attention as one operator of ONNX Runtime: the rule, for graphs of either exporter.

A layer's attention is found from its Softmax: below it the scores, a product of queries and keys to which masks
and position biases are added, or put in place of scores by Where; above it the product with the values. What is
added is told apart by what it computes (:mod:`djlift.graph.attention_bias`), not by the nodes that compute it,
since those differ between exporters, their versions and architectures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from djlift.graph.attention_bias import LOW, Extra, Kinds, kinds
from djlift.graph.index import Wiring, attribute

_DOMAIN = "com.microsoft"
_MASK = "attention_mask"
_KEYS = "djlift_attended"
"""Name of the mask as the operators take it: int32, shape (batch, tokens)."""
_BY_HEAD = (0, 2, 1, 3)
_BY_HEAD_TRANSPOSED = (0, 2, 3, 1)
# As transformers' own masks: exactly no weight, whatever the scores.
NOTHING = float(np.finfo(np.float32).min)
_LOWEST = "djlift_lowest"
_NONE = "djlift_none"


@dataclass(frozen=True)
class _Heads:
    """Queries, keys or values of all heads.

    Attributes:
        source: The value before it is cut into heads, shape (batch, tokens, heads * size).
        count: Number of heads, 0 where the graph states their size only.
        size: Width of a head, 0 where the graph states their number only.
    """

    source: str
    count: int
    size: int


@dataclass(frozen=True)
class _Layer:
    """One layer's attention as it stands in the exported graph.

    Attributes:
        softmax: Its output's name, unique to the layer.
        heads: Queries, keys and values; empty where they are not plain projections cut into heads.
        by_head: Values of shape (batch, heads, tokens, size): queries, keys, values.
        scale: What the product of queries and keys is multiplied by.
        added: What is added to the scores.
        result: Output of the layer's attention, shape (batch, tokens, heads * size).
    """

    softmax: str
    heads: tuple[_Heads, ...]
    by_head: tuple[str, str, str]
    scale: float
    added: tuple[str, ...]
    result: str


def fuse_attention(wiring: Wiring, heads: int, longest: int) -> int:
    """Replace every layer's attention that the rule understands.

    Args:
        wiring: Of the exported graph, which is changed.
        heads: Attention heads of the model.
        longest: Tokens of the longest text it takes.

    Returns:
        How many were replaced.
    """
    made = Extra()
    layers = [
        layer
        for node in wiring.model.graph.node
        if node.op_type == "Softmax" and (layer := _layer(wiring, node, made)) is not None
    ]
    added = tuple(dict.fromkeys(value for layer in layers for value in layer.added))
    found = kinds(wiring, made, added, longest)
    for layer in layers:
        nodes = _operator(wiring, layer, heads, found, made)
        made.nodes.extend(nodes)
    graph = wiring.model.graph
    replaced = {node.output[0] for node in made.nodes} & {layer.result for layer in layers}
    for at in reversed(range(len(graph.node))):
        if graph.node[at].output[0] in replaced:
            del graph.node[at]
    graph.node.extend(made.nodes)
    for name in list(made.tensors):
        # A graph copies what it is given: none is held twice for long.
        graph.initializer.append(made.tensors.pop(name))
    if replaced:
        _require_domain(wiring.model)
    wiring.tidy()
    return len(replaced)


def _layer(wiring: Wiring, softmax: Any, made: Extra) -> _Layer | None:
    if attribute(softmax, "axis", -1) not in (-1, 3):
        return None
    weights = softmax.output[0]
    product = wiring.reader(weights, "MatMul")
    if product is None or product.input[0] != weights:
        return None
    turned = wiring.reader(product.output[0], "Transpose")
    if turned is None or tuple(attribute(turned, "perm", ())) != _BY_HEAD:
        return None
    joined = wiring.reader(turned.output[0], "Reshape")
    scores = _scores(wiring, softmax.input[0], made)
    if joined is None or scores is None:
        return None
    values = product.input[1]
    heads = (
        _heads(wiring, scores.queries, _BY_HEAD),
        _heads(wiring, scores.keys, _BY_HEAD_TRANSPOSED),
        _heads(wiring, values, _BY_HEAD),
    )
    plain = tuple(h for h in heads if h is not None)
    return _Layer(
        weights,
        plain if len(plain) == 3 and len({(h.count, h.size) for h in plain}) == 1 else (),
        (scores.queries, scores.keys, values),
        scores.scale,
        scores.added,
        joined.output[0],
    )


@dataclass(frozen=True)
class _Scores:
    """What a Softmax is taken of: a scaled product, and what is added to it.

    Attributes:
        queries: Shape (batch, heads, tokens, size).
        keys: Shape (batch, heads, size, tokens).
    """

    queries: str
    keys: str
    scale: float
    added: tuple[str, ...] = ()


def _scores(wiring: Wiring, value: str, made: Extra) -> _Scores | None:
    """The scores that a value is; None when it is anything else."""
    node = wiring.maker(value, *_RULES)
    return None if node is None else _RULES[node.op_type](wiring, node, made)


def _product(wiring: Wiring, node: Any, made: Extra) -> _Scores | None:
    queries, by_queries = _unscaled(wiring, node.input[0])
    keys, by_keys = _unscaled(wiring, node.input[1])
    if any(wiring.shape_of_constant(value) is not None for value in (queries, keys)):
        return None
    return _Scores(queries, keys, by_queries * by_keys)


def _scaled(wiring: Wiring, node: Any, made: Extra) -> _Scores | None:
    inner, factor = _unscaled(wiring, node.output[0])
    found = _scores(wiring, inner, made) if factor != 1.0 else None
    # A scale over what was added already would be its scale too.
    return None if found is None or found.added else replace(found, scale=found.scale * factor)


def _biased(wiring: Wiring, node: Any, made: Extra) -> _Scores | None:
    for at, other in ((0, 1), (1, 0)):
        found = _scores(wiring, node.input[at], made)
        if found is not None:
            return replace(found, added=(*found.added, node.input[other]))
    return None


def _masked(wiring: Wiring, node: Any, made: Extra) -> _Scores | None:
    """Scores that a mask replaces by a large negative number: the same as adding one."""
    import onnx

    condition = node.input[0]
    for at, numbers in ((2, (_LOWEST, _NONE)), (1, (_NONE, _LOWEST))):
        low = wiring.scalar(node.input[3 - at])
        found = _scores(wiring, node.input[at], made)
        if low is None or low > LOW or found is None:
            continue
        for name, number in ((_LOWEST, NOTHING), (_NONE, 0.0)):
            made.tensors[name] = onnx.numpy_helper.from_array(np.array(number, np.float32), name)
        mask = f"{condition}/{numbers[0]}"
        if not made.has(mask):
            made.nodes.append(
                onnx.helper.make_node("Where", [condition, *numbers], [mask], name=mask)
            )
        return replace(found, added=(*found.added, mask))
    return None


_RULES: Mapping[str, Callable[[Wiring, Any, Extra], _Scores | None]] = {
    "MatMul": _product,
    "Mul": _scaled,
    "Div": _scaled,
    "Add": _biased,
    "Where": _masked,
}


def _unscaled(wiring: Wiring, value: str) -> tuple[str, float]:
    """What is multiplied by numbers, and their product."""
    scale = 1.0
    while (node := wiring.maker(value, "Mul", "Div")) is not None:
        left, right = (wiring.scalar(name) for name in node.input)
        if right is not None:
            scale = scale * right if node.op_type == "Mul" else scale / right
            value = node.input[0]
        elif left is not None and node.op_type == "Mul":
            scale, value = scale * left, node.input[1]
        else:
            break
    return value, scale


def _heads(wiring: Wiring, value: str, wanted: tuple[int, ...]) -> _Heads | None:
    """What is cut into heads and turned so that its axes come in the wanted order."""
    order: tuple[int, ...] = (0, 1, 2, 3)
    while (node := wiring.maker(value, "Transpose")) is not None:
        turn = tuple(attribute(node, "perm", ()))
        if len(turn) != 4:
            return None
        order = tuple(turn[axis] for axis in order)
        value = node.input[0]
    cut = wiring.maker(value, "Reshape")
    if cut is None or order != wanted:
        return None
    shape = _last_two(wiring, cut.input[1])
    return None if shape is None else _Heads(wiring.origin(cut.input[0]), *shape)


def _last_two(wiring: Wiring, shape: str) -> tuple[int, int] | None:
    """The last two numbers of a shape of four axes; one of them may be computed, and is 0 here."""
    constant = wiring.constant(shape)
    if constant is not None:
        numbers = [float(n) for n in constant] if constant.shape == (4,) else []
    else:
        node = wiring.maker(shape, "Concat")
        parts = node.input if node is not None else ()
        numbers = [wiring.scalar(part) or 0.0 for part in parts] if len(parts) == 4 else []
    found = [max(0, int(n)) for n in numbers[2:]]
    return (found[0], found[1]) if any(found) else None


def _operator(wiring: Wiring, layer: _Layer, heads: int, added: Kinds, made: Extra) -> list[Any]:
    """The nodes that compute what a layer's attention does."""
    import onnx

    if any(value not in added.masks and value not in added.biases for value in layer.added):
        return []
    mask = _keys(made) if any(value in added.masks for value in layer.added) else ""
    bias = _sum([v for v in layer.added if v in added.biases], made)
    packed = _packed(wiring, layer, made)
    name = f"{layer.softmax}/djlift"
    settings: dict[str, Any] = {"scale": layer.scale, "mask_filter_value": NOTHING}
    if packed is not None:
        source, weights, biases, width = packed
        inputs = [source, weights, biases, mask, "", bias]
        settings["num_heads"] = layer.heads[0].count or width // layer.heads[0].size
        return [_node("Attention", inputs, layer.result, name, settings)]
    if layer.heads:
        whole = _linear(wiring, layer.heads[0].source)
        size = layer.heads[0].size
        stated = whole.width // size if whole is not None and size else heads
        settings["num_heads"] = layer.heads[0].count or stated
        if not settings["num_heads"]:
            return []
        inputs = [*(h.source for h in layer.heads), "", mask, bias]
        return [_node("MultiHeadAttention", inputs, layer.result, name, settings)]
    if not heads:
        return []
    # Queries that were turned by their positions, say: cut into heads already.
    settings["num_heads"] = heads
    shape_name = "djlift_joined"
    made.tensors[shape_name] = onnx.numpy_helper.from_array(np.array([0, 0, -1]), shape_name)
    queries, keys, values = layer.by_head
    nodes = [
        onnx.helper.make_node("Transpose", [queries], [f"{name}/by_token"], perm=_BY_HEAD),
        onnx.helper.make_node("Reshape", [f"{name}/by_token", shape_name], [f"{name}/queries"]),
        onnx.helper.make_node("Transpose", [keys], [f"{name}/keys"], perm=(0, 1, 3, 2)),
    ]
    inputs = [f"{name}/queries", f"{name}/keys", values, "", mask, bias]
    return [*nodes, _node("MultiHeadAttention", inputs, layer.result, name, settings)]


def _node(
    kind: str, inputs: Sequence[str], output: str, name: str, settings: dict[str, Any]
) -> Any:
    import onnx

    given = list(inputs)
    while given and not given[-1]:
        given.pop()
    return onnx.helper.make_node(kind, given, [output], name=name, domain=_DOMAIN, **settings)


def _keys(made: Extra) -> str:
    import onnx

    if not made.has(_KEYS):
        made.nodes.append(
            onnx.helper.make_node("Cast", [_MASK], [_KEYS], name=_KEYS, to=onnx.TensorProto.INT32)
        )
    return _KEYS


def _sum(values: Sequence[str], made: Extra) -> str:
    import onnx

    if not values:
        return ""
    total = values[0]
    for value in values[1:]:
        result = f"{total}+{value}"
        if not made.has(result):
            made.nodes.append(onnx.helper.make_node("Add", [total, value], [result], name=result))
        total = result
    return total


@dataclass(frozen=True)
class _Linear:
    """A projection of ``source`` by a matrix, to ``width`` numbers, with a bias or none."""

    source: str
    matrix: str
    bias: str | None
    width: int


def _linear(wiring: Wiring, value: str) -> _Linear | None:
    bias = None
    node = wiring.maker(value, "Add")
    if node is not None:
        for at, other in ((0, 1), (1, 0)):
            shape = wiring.shape_of_constant(node.input[at])
            if shape is not None and len(shape) == 1:
                bias, value = wiring.origin(node.input[at]), node.input[other]
                break
    node = wiring.maker(value, "MatMul")
    if node is None:
        return None
    matrix = wiring.origin(node.input[1])
    shape = wiring.shape_of_constant(matrix)
    if shape is None or len(shape) != 2:
        return None
    return _Linear(wiring.origin(node.input[0]), matrix, bias, shape[1])


def _packed(wiring: Wiring, layer: _Layer, made: Extra) -> tuple[str, str, str, int] | None:
    """Three projections of one source as one: source, weights, biases, width; None when they are not that."""
    from onnx import numpy_helper

    parts = [_linear(wiring, h.source) for h in layer.heads]
    found = [p for p in parts if p is not None]
    if len(found) != 3 or len({(p.source, p.width) for p in found}) != 1:
        return None
    if any(wiring.reader(h.source, "Reshape") is None for h in layer.heads):
        return None
    width = found[0].width
    # Layers that share their weights share the packed ones.
    weights = "+".join(p.matrix for p in found)
    biases = "+".join(p.bias or "0" for p in found) + "/bias"
    if weights not in made.tensors:
        matrices = [wiring.constant(p.matrix) for p in found]
        made.tensors[weights] = numpy_helper.from_array(
            np.concatenate([m for m in matrices if m is not None], axis=1), weights
        )
    if biases not in made.tensors:
        vectors = [wiring.constant(p.bias) if p.bias else None for p in found]
        zeros = np.zeros(width, np.float32)
        made.tensors[biases] = numpy_helper.from_array(
            np.concatenate([zeros if v is None else v for v in vectors]), biases
        )
    return found[0].source, weights, biases, width


def _require_domain(model: Any) -> None:
    import onnx

    if all(o.domain != _DOMAIN for o in model.opset_import):
        model.opset_import.append(onnx.helper.make_opsetid(_DOMAIN, 1))
