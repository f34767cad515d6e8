"""Islands of fp32 in an fp16 graph: which nodes, why, and where their borders lie."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from djlift.precision.float16 import Plan, named

RANGE = "range"
LOSS = "loss"
BORDER = "border"
_LAYER = re.compile(r"(?:layers?|block|blocks|h)\.(\d+)(?=[/._]|$)")
_SHOWN = 12


@dataclass(frozen=True)
class Island:
    """A node that stays fp32.

    Attributes:
        node: Its name.
        operator: What it computes.
        layer: ``layer 3``, or the part of the model where it is in none.
        why: ``range``: a value of it is too large; ``loss``: its rounding costs too much of the tolerance;
            ``border``: it lies between such nodes, and two casts are saved.
        of: The value that is too large, or what was measured.
        figure: Largest absolute value (``range``); the largest logit error or root mean square that this node
            alone makes, in shares of the tolerance (``loss``); casts that are saved (``border``).
    """

    node: str
    operator: str
    layer: str
    why: str
    of: str
    figure: float

    def to_dict(self) -> dict[str, Any]:
        """The island as it stands in the manifest; four digits are enough of a figure."""
        return vars(self) | {"figure": float(f"{self.figure:.4g}")}

    def text(self) -> str:
        """The island in half a line."""
        if self.why == RANGE:
            inside = "" if "/" in self.of else f" of {self.of}"
            return f"{self.layer}: {self.node} reaches {self.figure:.3g}{inside}"
        if self.why == LOSS:
            return f"{self.layer}: {self.node} alone takes {self.figure:.2g} of the tolerance"
        return f"{self.layer}: {self.node} lies between such nodes"


def layer_of(node: Any) -> str:
    """Where in the model a node is, by the names of what it writes, its own, and what it reads."""
    for name in (*node.output, node.name, *node.input):
        found = _LAYER.findall(name)
        if found:
            return f"layer {found[-1]}"
    parts = [p for name in (node.name, *node.output) for p in name.split("/")[1:-1]]
    return parts[-1] if parts else "embeddings" if node.op_type.startswith("Embed") else "model"


def layers_of(islands: Iterable[Island]) -> str:
    """The layers of islands, each once, in order."""
    return ", ".join(dict.fromkeys(island.layer for island in islands))


def listed(islands: Collection[Island]) -> str:
    """Islands for a person: the first dozen."""
    shown = [island.text() for island in list(islands)[:_SHOWN]]
    if len(islands) > _SHOWN:
        shown.append(f"and {len(islands) - _SHOWN} more")
    return "; ".join(shown)


@dataclass(frozen=True)
class Shore:
    """Who writes and who reads the fp32 values of a graph: what tells where casts must stand.

    Attributes:
        writers: Node by value; weights and inputs of the graph have none.
        readers: Nodes by value.
        touched: Values by node.
        cheap: Nodes that may be kept to save casts: they carry no matrix.
    """

    writers: Mapping[str, str]
    readers: Mapping[str, tuple[str, ...]]
    touched: Mapping[str, tuple[str, ...]]
    cheap: tuple[str, ...]

    @staticmethod
    def of(model: Any, plan: Plan) -> Shore:
        """The shore of an fp32 graph; the graph's outputs are read in fp32."""
        weights = {t.name: t for t in model.graph.initializer}
        writers: dict[str, str] = {}
        readers: dict[str, list[str]] = {}
        touched: dict[str, tuple[str, ...]] = {}
        cheap = []
        half = set(plan.half)
        for node in model.graph.node:
            name = named(node)
            reads = [v for v in plan.types.floats(node.input) if v not in weights]
            writes = plan.types.floats(node.output)
            writers.update(dict.fromkeys(writes, name))
            for value in reads:
                readers.setdefault(value, []).append(name)
            touched[name] = tuple(dict.fromkeys((*reads, *writes)))
            carried = [weights[v] for v in node.input if v in weights]
            if name in half and not any(sum(d > 1 for d in t.dims) > 1 for t in carried):
                cheap.append(name)
        for output in model.graph.output:
            readers.setdefault(output.name, []).append("")
        return Shore(writers, {v: tuple(r) for v, r in readers.items()}, touched, tuple(cheap))

    def casts(self, values: Iterable[str], half: Collection[str]) -> int:
        """Casts that values need when these nodes compute in fp16."""
        return sum(
            any((reader in half) != (self.writers.get(value, "") in half) for reader in readers)
            for value in values
            if (readers := self.readers.get(value, ()))
        )

    def absorbed(self, kept: Collection[str], half: Collection[str]) -> dict[str, int]:
        """Cheap nodes that save casts when they are kept too, and how many casts each saves."""
        inside = set(half) - set(kept)
        found: dict[str, int] = {}
        growing = True
        while growing:
            growing = False
            for name in self.cheap:
                if name not in inside:
                    continue
                values = self.touched[name]
                saved = self.casts(values, inside) - self.casts(values, inside - {name})
                if saved > 0:
                    inside.discard(name)
                    found[name] = saved
                    growing = True
        return found
