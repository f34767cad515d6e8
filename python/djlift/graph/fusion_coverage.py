"""How much of a model is fused: the patterns that PyTorch runs, and those that are one operator."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from djlift.graph.index import Wiring

ATTENTION = "attention"
LAYER_NORM = "layer norm"
GELU = "gelu"
PATTERNS = (ATTENTION, LAYER_NORM, GELU)
_IN_MODULES = {ATTENTION: ("attention",), LAYER_NORM: ("layernorm", "rmsnorm"), GELU: ("gelu",)}
"""What the class names of a pattern's modules hold, in small letters."""
_OPERATORS = {
    ATTENTION: ("Attention", "MultiHeadAttention"),
    LAYER_NORM: (
        "EmbedLayerNormalization",
        "SkipLayerNormalization",
        "SkipSimplifiedLayerNormalization",
        "LayerNormalization",
        "SimplifiedLayerNormalization",
    ),
    GELU: ("BiasGelu", "FastGelu", "Gelu", "QuickGelu"),
}


@contextlib.contextmanager
def counted(model: Any) -> Iterator[Counter[str]]:
    """Count, for one run of a PyTorch model, how often each pattern runs.

    Counted are the calls of modules, so layers that share their weights count each time. A module of attention
    that holds another one (its output projection, say, beside the attention itself) counts once: the
    innermost.
    """
    found: Counter[str] = Counter()
    hooks = [
        module.register_forward_hook(_counting(found, pattern))
        for module in model.modules()
        for pattern in _IN_MODULES
        if _is(module, pattern) and not any(_is(m, pattern) for m in _inside(module))
    ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _counting(found: Counter[str], pattern: str) -> Any:
    def count(*_: Any) -> None:
        found[pattern] += 1

    return count


def _is(module: Any, pattern: str) -> bool:
    return any(part in type(module).__name__.lower() for part in _IN_MODULES[pattern])


def _inside(module: Any) -> Iterator[Any]:
    return (m for m in module.modules() if m is not module)


def fused(model: Any) -> Mapping[str, int]:
    """How often each pattern is a single operator in a graph (``onnx.ModelProto``).

    A LayerNorm whose input is an addition that its operator could have taken in does not count.
    """
    wiring = Wiring(model)
    return {
        pattern: sum(
            node.op_type in kinds and not _leaves_addition(wiring, node)
            for node in model.graph.node
        )
        for pattern, kinds in _OPERATORS.items()
    }


def _leaves_addition(wiring: Wiring, node: Any) -> bool:
    if node.op_type not in ("LayerNormalization", "SimplifiedLayerNormalization"):
        return False
    total = wiring.maker(node.input[0], "Add")
    return total is not None and all(wiring.shape_of_constant(i) is None for i in total.input)


def shown(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """``attention 6/6, layer norm 13/13, gelu 6/6``."""
    return ", ".join(f"{p} {found.get(p, 0)}/{n}" for p, n in expected.items() if n)


def remarks(found: Mapping[str, int], expected: Mapping[str, int]) -> tuple[str, ...]:
    """One sentence for each pattern that is not fused wherever the model runs it."""
    return tuple(
        f"{pattern} is fused in {found.get(pattern, 0)} of {n} places: right, but slower"
        for pattern, n in expected.items()
        if found.get(pattern, 0) < n
    )
