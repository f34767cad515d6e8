"""Entities as spans, and how far two sides agree on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Entity

Spans = frozenset[tuple[str, int, int]]
"""Label, start and end of entities."""


def f1(expected: Mapping[str, Spans], found: Mapping[str, Spans]) -> float:
    """Micro F1 of found entities against expected ones, text by text; 1.0 when neither side has any."""
    same = sum(len(expected[name] & found[name]) for name in expected)
    total = sum(len(expected[name]) + len(found[name]) for name in expected)
    return 2 * same / total if total else 1.0


def spans(entities: Sequence[Entity]) -> Spans:
    """Label, start and end of entities."""
    return frozenset((e.label, e.start, e.end) for e in entities)


def runs(
    logits: NDArray[np.float32], labels: Sequence[str], outside: Collection[str] = ("O",)
) -> Spans:
    """Runs of tokens of one label, prefixes left out: the entities of a window, near enough to choose by.

    Args:
        logits: float32, shape (tokens, labels).
    """
    found: set[tuple[str, int, int]] = set()
    begun, current = 0, ""
    tops = [labels[i] for i in logits.argmax(1).tolist()]
    for at, label in enumerate([*tops, "O"]):
        prefix, _, rest = label.partition("-")
        inside = rest if prefix in ("B", "I") and rest else label
        name = "" if label in outside else inside
        if name != current or (prefix == "B" and rest):
            if current:
                found.add((current, begun, at))
            begun, current = at, name
    return frozenset(found)
