"""Finding where two sides differ, and saying it so that a person sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Case, Entity
from djlift.archive.windows import PLAIN
from djlift.base.display import shorten
from djlift.parity.result import Divergence
from djlift.tasks.frame.tolerance import Tolerance


def named(stride: str, strategy: str) -> str:
    """A strategy as it is shown, with its stride."""
    return strategy if stride == PLAIN else f"{strategy}, stride {stride}"


def recorded(case: Case, stride: str, strategy: str) -> tuple[Entity, ...] | None:
    """The recorded entities; None where this text was not recorded so."""
    by_strategy = case.outputs if stride == PLAIN else case.strides.get(stride, {})
    return by_strategy.get(strategy)


def entity_divergence(
    case: Case, what: str, expected: Sequence[Entity], found: Sequence[Entity], tolerance: Tolerance
) -> Divergence | None:
    """The first entity in which two lists differ."""
    for number in range(max(len(expected), len(found))):
        ours = expected[number] if number < len(expected) else None
        theirs = found[number] if number < len(found) else None
        same = ours is not None and theirs is not None and ours.identity == theirs.identity
        if same and ours is not None and theirs is not None:
            same = abs(ours.score - theirs.score) <= tolerance.score
        if not same:
            token = None if ours is None else token_at(case, ours)
            return differs(case, what, shown(ours), shown(theirs), token)
    return None


def token_at(case: Case, entity: Entity) -> int | None:
    """Position of the token under the first code point of an entity."""
    windows = case.windows.get(PLAIN)
    if not windows:
        return None
    offsets = windows[0].offsets
    at = np.flatnonzero((offsets[:, 0] <= entity.start) & (offsets[:, 1] > entity.start))
    return int(at[0]) if at.size else None


def differs(
    case: Case, what: str, expected: str, found: str, token: int | None = None
) -> Divergence:
    """A divergence of a case, its text shortened."""
    return Divergence(case.id, case.group, shorten(case.text), what, expected, found, token)


def first_difference(expected: NDArray[Any], found: NDArray[Any]) -> int | None:
    """Position along the first axis where two arrays differ, the shorter's end included."""
    length = min(len(expected), len(found))
    unequal = expected[:length] != found[:length]
    if unequal.ndim > 1:
        unequal = unequal.any(axis=1)
    at = np.flatnonzero(unequal)
    if at.size:
        return int(at[0])
    return length if len(expected) != len(found) else None


def around(values: NDArray[Any], at: int) -> str:
    """The value at a position with its neighbours; the one that differs in brackets."""
    shown = []
    for position in range(max(0, at - 2), min(len(values), at + 3)):
        value = values[position].tolist()
        text = f"{value[0]}-{value[1]}" if isinstance(value, list) else str(value)
        shown.append(f"[{text}]" if position == at else text)
    if at >= len(values):
        shown.append("[end]")
    return " ".join(shown)


def row_of(row: NDArray[np.float32]) -> str:
    """A row of logits, the largest in brackets."""
    top = int(row.argmax())
    return " ".join(
        f"[{v:.4f}]" if i == top else f"{v:.4f}" for i, v in enumerate(row[:12].tolist())
    )


def shown(entity: Entity | None) -> str:
    """An entity in one line."""
    if entity is None:
        return "nothing"
    token = "" if entity.index is None else f" token {entity.index}"
    return f"{entity.label} {entity.start}-{entity.end} {entity.word!r} {entity.score:.5f}{token}"
