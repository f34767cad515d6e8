"""Near-ties: decisions that the reference itself took by so little that rounding may turn them.

A decision is between two labels of a token, or, under ``average`` and ``max``, between two labels of a word.
What a word is, is not recorded: any run of adjoining tokens is taken for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Case, Entity
from djlift.archive.windows import Window
from djlift.tasks.frame.tolerance import Tolerance

_LONGEST_WORD = 32
"""Tokens of a word; a longer one is not excused by its average."""


@dataclass(frozen=True, order=True)
class Gap:
    """By how little a decision was taken.

    Attributes:
        share: Of what the tolerance of the logits lets it be; more than 1 is no near-tie.
        margin: Between two logits of a token, or two scores (0 to 1) of a word.
    """

    share: float
    margin: float


def excused(
    case: Case,
    stride: str,
    strategy: str,
    expected: Sequence[Entity],
    found: Sequence[Entity],
    tolerance: Tolerance,
) -> float | None:
    """The margin of a near-tie that a precision below fp32 may flip; None when there is more to it."""
    if tolerance.exact:
        return None
    scores = {e.identity: e.score for e in found}
    for entity in expected:
        score = scores.get(entity.identity)
        if score is not None and not abs(score - entity.score) <= tolerance.score:
            return None
    # In the same place with the same label, another word or position is not the logits' doing.
    here = {(e.label, e.start, e.end): e.identity for e in expected}
    if any(here.get((e.label, e.start, e.end), e.identity) != e.identity for e in found):
        return None
    gap = widest(case, stride, strategy, expected, found, tolerance.logits)
    return gap.margin if gap is not None and gap.share <= 1 else None


def widest(
    case: Case,
    stride: str,
    strategy: str,
    expected: Sequence[Entity],
    found: Sequence[Entity],
    logits: float,
) -> Gap | None:
    """Where the entities differ, the closest decision of each place; the widest of these.

    Args:
        logits: By how much a logit may differ.

    Returns:
        None when there is a place without a token, or without logits.
    """
    differing = {e.identity for e in expected} ^ {e.identity for e in found}
    spans = sorted((e.start, e.end) for e in (*expected, *found) if e.identity in differing)
    closest = []
    for place in _places(spans):
        gaps = [
            gap
            for window in case.windows.get(stride, ())
            for gap in _gaps(window, place, strategy, logits)
        ]
        if not gaps:
            return None
        closest.append(min(gaps))
    return max(closest, default=None)


def _places(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap, joined: one decision may split an entity or join two."""
    places: list[tuple[int, int]] = []
    for start, end in spans:
        if places and start < places[-1][1]:
            places[-1] = (places[-1][0], max(end, places[-1][1]))
        else:
            places.append((start, end))
    return places


def _gaps(window: Window, place: tuple[int, int], strategy: str, logits: float) -> Iterator[Gap]:
    if len(window.logits) != len(window.offsets):
        # A text of the user's, recorded without logits.
        return
    starts, ends = window.offsets[:, 0], window.offsets[:, 1]
    inside = np.flatnonzero((starts < place[1]) & (ends > place[0]) & (window.special == 0))
    for margin in _leads(window.logits[inside]):
        # Both logits may move.
        yield Gap(margin / (2 * logits), margin)
    if strategy not in ("average", "max"):
        return
    breaks = np.flatnonzero((np.diff(inside) != 1) | (starts[inside[1:]] > ends[inside[:-1]])) + 1
    for run in np.split(inside, breaks):
        scores = _softmax(window.logits[run])
        margins = _averages(scores) if strategy == "average" else _rivals(scores)
        for margin in margins:
            # A score moves by at most half of what its logits move by, and both may.
            yield Gap(margin / logits, margin)


def _averages(scores: NDArray[np.float64]) -> Iterator[float]:
    """The lead of the first label in the mean scores of every run of at least two tokens."""
    sums = np.concatenate([np.zeros((1, scores.shape[1])), np.cumsum(scores, axis=0)])
    for length in range(2, min(len(scores), _LONGEST_WORD) + 1):
        yield from _leads((sums[length:] - sums[:-length]) / length)


def _rivals(scores: NDArray[np.float64]) -> Iterator[float]:
    """How far the best scores of two tokens with different best labels are apart."""
    best, label = scores.max(axis=1), scores.argmax(axis=1)
    for at in range(len(scores)):
        others = slice(at + 1, at + _LONGEST_WORD)
        yield from np.abs(best[others] - best[at])[label[others] != label[at]].tolist()


def _leads(rows: NDArray[np.float32] | NDArray[np.float64]) -> list[float]:
    """By how much the largest number of each row leads the second."""
    if not len(rows) or rows.shape[1] < 2:
        return []
    largest = np.partition(rows.astype(np.float64), -2, axis=1)[:, -2:]
    return [float(lead) for lead in largest[:, 1] - largest[:, 0]]


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
