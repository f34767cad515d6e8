"""Outputs of general tasks: the graph's as matrices, the task's as JSON, and where two of them differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.base.display import shorten

_SHOWN = 160


@dataclass(frozen=True)
class Difference:
    """Where two outputs differ, as a person reads it: ``labels[0].score``, and both sides."""

    path: str
    expected: str
    found: str


def first_difference(expected: Any, found: Any, score: float) -> Difference | None:
    """The first place in which two JSON values differ, by their order; None where they do not.

    Args:
        score: By how much floating-point numbers may differ; everything else must be equal, its type included.
    """
    return next(_differences(expected, found, score, ""), None)


def _differences(expected: Any, found: Any, score: float, path: str) -> Iterator[Difference]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in [*expected, *(k for k in found if k not in expected)]:
            place = f"{path}.{key}" if path else str(key)
            if key not in expected or key not in found:
                yield Difference(place, *(_shown(s.get(key, "nothing")) for s in (expected, found)))
            else:
                yield from _differences(expected[key], found[key], score, place)
    elif isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        if len(expected) != len(found):
            yield Difference(path, f"{len(expected)} values", f"{len(found)} values")
            return
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(one, other, score, f"{path}[{at}]")
    elif not _same(expected, found, score):
        yield Difference(path, _shown(expected), _shown(found))


def _same(expected: Any, found: Any, score: float) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, float) or isinstance(found, float):
        # What is no number is null in JSON, on both sides.
        numbers = isinstance(expected, (int, float)) and isinstance(found, (int, float))
        return numbers and abs(expected - found) <= score
    return type(expected) is type(found) and bool(expected == found)


def _shown(value: Any) -> str:
    return shorten(
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _SHOWN
    )


def by_key(
    expected: Sequence[Mapping[str, Any]],
    found: Sequence[Mapping[str, Any]],
    score: float,
    key: str = "score",
) -> float | None:
    """Whether two ranked lists differ only where scores are so close that rounding may turn them.

    Args:
        score: By how much a score may differ; two scores may come as close again from both sides.
        key: The field with the score.

    Returns:
        The widest margin of the reference's among the entries that changed places; None where there is more to
        it: a score moved too far, or entries came or went that were not at the end of the list.
    """
    if len(expected) != len(found):
        return None
    margin = 0.0
    rest = {_identity(entry, key): entry[key] for entry in found}
    for ours, theirs in zip(expected, found, strict=True):
        if abs(ours[key] - theirs[key]) > score:
            return None
        if _identity(ours, key) != _identity(theirs, key):
            # The entry stands elsewhere, or fell behind the last of the list.
            other = rest.get(_identity(ours, key), found[-1][key])
            if abs(ours[key] - other) > score:
                return None
            last = next(
                (e[key] for e in expected if _identity(e, key) == _identity(theirs, key)),
                expected[-1][key],
            )
            margin = max(margin, abs(ours[key] - last))
    return margin if margin <= 2 * score else None


def in_order(
    expected: Sequence[Mapping[str, Any]],
    found: Sequence[Mapping[str, Any]],
    close: Callable[[float, float], bool],
    key: str = "score",
) -> list[Mapping[str, Any]]:
    """A ranked list with its entries in the reference's order, where that one hangs on the last bits of scores.

    Args:
        close: Whether two scores of the reference are so close that its own order changes with the batch.
            Entries are moved only among neighbours that are.
    """
    ordered = list(found)
    start = 0
    for end in range(1, len(expected) + 1):
        if end < len(expected) and close(expected[end - 1][key], expected[end][key]):
            continue
        wanted = [_identity(entry, key) for entry in expected[start:end]]
        part = ordered[start:end]
        if sorted(_identity(entry, key) for entry in part) == sorted(wanted):
            part.sort(key=lambda entry: wanted.index(_identity(entry, key)))
            ordered[start:end] = part
        start = end
    return ordered


ROUNDING = 1e-5
"""A difference of logits that fp32 may turn: PyTorch itself gives another one in another batch."""


def close_logits(one: float, other: float) -> bool:
    """Whether rounding may turn two numbers of the graph."""
    return abs(one - other) <= ROUNDING


def close_shares(one: float, other: float) -> bool:
    """The same of scores that a sigmoid or a softmax made of logits: these move in proportion."""
    return abs(one - other) <= ROUNDING * max(abs(one), abs(other))


def _identity(entry: Mapping[str, Any], key: str) -> str:
    return json.dumps({k: v for k, v in entry.items() if k != key}, sort_keys=True)


def cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The cosine of two vectors; 1 where both are nothing but zeros, 0 where one is."""
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    if lengths == 0:
        return 1.0 if not one.any() and not other.any() else 0.0
    return float(one @ other) / lengths
