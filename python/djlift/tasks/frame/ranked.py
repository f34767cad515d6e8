"""Ranked lists: where two of them differ, and what is no difference.

Entries whose scores are as close as rounding moves them have no order that means anything. The first entry is
what a model decides, and its place is exact in fp32.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from djlift.tasks.frame.outputs import Difference, first_difference
from djlift.tasks.frame.tolerance import Tolerance

_LOGITS_OF_A_SCORE = 4
"""A score is made of two exponentials over their sums: so many logits move it."""
_LEAD = 0.05
"""Of a score: fp16 moves the logits of models of a few layers by some hundredths."""
_MOST = 0.5
"""Of a score: further apart than this is no tie at any precision."""


def difference(
    expected: Sequence[Mapping[str, Any]],
    found: Sequence[Mapping[str, Any]],
    tolerance: Tolerance,
    path: str,
) -> Difference | None:
    """The first place in which two ranked lists differ.

    Entries of scores within rounding may stand in each other's place, and at the end of the list one may stand
    for another that fell off it; the first entry may not, but for one of exactly its score.
    """
    if len(expected) != len(found):
        return Difference(path, f"{len(expected)} values", f"{len(found)} values")
    places = {identity(entry): number for number, entry in enumerate(expected)}
    for at, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
        own = places.get(identity(theirs))
        # One that is not in the list can only have come for the last.
        stands_for = expected[len(expected) - 1 if own is None else own]
        equal = own is not None and _score(expected[own]) == _score(expected[0])
        if (
            (at > 0 or equal)
            and identity(ours) != identity(theirs)
            and _close(_score(ours), _score(stands_for), tolerance)
            and _close(_score(ours), _score(theirs), tolerance)
        ):
            continue
        # Scores that add up, of an answer that stands in several windows, are as far off as all of them.
        apart = first_difference(ours, theirs, tolerance.score * max(1.0, _score(ours)))
        if apart is not None:
            return Difference(f"{path}[{at}].{apart.path}", apart.expected, apart.found)
    return None


def _score(entry: Mapping[str, Any]) -> float:
    """Plain DJL gives some answers without one."""
    return float(entry.get("score", 0.0))


def clear(entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the first entry leads by more than what rounding below fp32 moves a score."""
    return len(entries) < 2 or entries[0]["score"] - entries[1]["score"] >= (
        _LEAD * entries[0]["score"]
    )


def identity(entry: Mapping[str, Any]) -> str:
    """All of an entry but its score."""
    return json.dumps({k: v for k, v in entry.items() if k != "score"}, sort_keys=True)


def _close(ours: float, theirs: float, tolerance: Tolerance) -> bool:
    relative = min(_MOST, _LOGITS_OF_A_SCORE * tolerance.logits)
    return abs(ours - theirs) <= min(tolerance.score, relative * max(abs(ours), abs(theirs)))
