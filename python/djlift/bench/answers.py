"""Whether two sides of ``djlift bench`` found the same: no figure of a side stands before that is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from djlift.base.display import shorten
from djlift.tasks.frame.tolerance import FP32_SCORE, NEAR_TIES, REDUCED_SCORE
from djlift.tasks.token_classification.plain_djl import SCORE, Answer, Span

Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Given:
    """What djlift found in a text, counted in both units."""

    points: Spans
    units: Spans


@dataclass(frozen=True)
class Difference:
    """The first text on which two sides differ."""

    text: int
    shown: str
    expected: str
    found: str


@dataclass(frozen=True)
class Agreement:
    """How far a side found what djlift found.

    Attributes:
        texts: Texts that were compared.
        differing: Texts on which it found something else, in any of its runs.
        allowed: Texts that may differ; None where nothing is promised.
        first: The first of them.
    """

    texts: int
    differing: int
    allowed: int | None
    first: Difference | None = None

    @property
    def equal(self) -> bool:
        """Whether it found the same in every text."""
        return self.differing == 0

    @property
    def holds(self) -> bool:
        """Whether it differs no more than it may."""
        return self.allowed is None or self.differing <= self.allowed


def given(line: str) -> Given:
    """One JSON line of djlift's own side."""
    found = json.loads(line)["entities"]

    def spans(start: str, end: str) -> Spans:
        return tuple(Span(e["label"], e[start], e[end], _score(e["score"])) for e in found)

    return Given(spans("start", "end"), spans("utf16_start", "utf16_end"))


def _score(score: float | None) -> float:
    return float("nan") if score is None else float(score)


def score_tolerance(side: str, precision: str) -> float:
    """Largest difference of a score between djlift and a side."""
    if precision == "int8":
        # Its rounding depends on what else is in the batch.
        return np.inf
    within = FP32_SCORE if precision == "fp32" else REDUCED_SCORE
    return max(SCORE, within) if side == "stock" else within


def allowed(side: str, precision: str, texts: int) -> int | None:
    """How many texts may differ from djlift's: none in fp32, near-ties in fp16, else any (None)."""
    if side == "stock" or precision == "int8":
        return None
    return 0 if precision == "fp32" else int(NEAR_TIES * texts)


def differing(expected: Sequence[Spans], found: Sequence[Answer], within: float) -> list[int]:
    """Numbers of the texts on which two sides differ; those that one of them lost are among them.

    Args:
        within: Largest difference of a score.
    """
    shared = min(len(expected), len(found))
    lost = range(shared, max(len(expected), len(found)))
    return [i for i in range(shared) if not _same(expected[i], found[i], within)] + list(lost)


def difference(
    number: int, texts: Sequence[str], expected: Sequence[Spans], found: Sequence[Answer]
) -> Difference:
    """One of these texts, so that a person sees it."""
    text = texts[number] if number < len(texts) else ""
    return Difference(
        number,
        shorten(text),
        _shown(expected[number]) if number < len(expected) else "no such text",
        _shown(found[number]) if number < len(found) else "no answer",
    )


def _same(expected: Spans, found: Answer, within: float) -> bool:
    return (
        not isinstance(found, str)
        and len(expected) == len(found)
        and all(_equal(a, b, within) for a, b in zip(expected, found, strict=True))
    )


def _equal(one: Span, other: Span, within: float) -> bool:
    place = (one.label, one.start, one.end) == (other.label, other.start, other.end)
    both_nan = one.score != one.score and other.score != other.score
    return place and (both_nan or within == np.inf or abs(one.score - other.score) <= within)


def _shown(answer: Answer) -> str:
    if isinstance(answer, str):
        return answer
    return ", ".join(f"{s.label} {s.start}-{s.end} {s.score:.5f}" for s in answer[:6]) or "nothing"
