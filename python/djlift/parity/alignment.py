"""The reason of a divergence: one text, both sides laid beside each other token by token.

Two token sequences are aligned by their ids, so that one token more on one side does not make every later row
differ. The rows are values; a :class:`djlift.parity.result.Explanation` carries them.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from djlift.archive import windows
from djlift.jvm import windows as jvm_windows

ROWS = 30
"""Rows of a table at most; those around the first difference are kept."""
_BEFORE = 8


@dataclass(frozen=True)
class Token:
    """One token of one side.

    Attributes:
        position: In its window, special tokens counted.
        token: As the vocabulary spells it.
        start, end: Offsets in code points.
        label: The label of the largest logit; None where no logits were recorded.
        margin: By how much the largest logit leads the second, in logits; None with fewer than two labels.
    """

    position: int
    id: int
    token: str
    start: int
    end: int
    label: str | None = None
    margin: float | None = None


@dataclass(frozen=True)
class Row:
    """Tokens of both sides that belong together; None where a side has none.

    Attributes:
        logits: The largest absolute difference of their logits; None where there is nothing to compare.
    """

    expected: Token | None
    found: Token | None
    logits: float | None = None

    @property
    def differs(self) -> bool:
        """Whether id, offsets or label differ; logits are the business of a tolerance."""
        if self.expected is None or self.found is None:
            return True
        ours, theirs = self.expected, self.found
        labels = ours.label is not None and theirs.label is not None and ours.label != theirs.label
        return (ours.id, ours.start, ours.end) != (theirs.id, theirs.start, theirs.end) or labels


Window = windows.Window | jvm_windows.Window


def side(window: Window, labels: Sequence[str], tokens: Mapping[int, str]) -> list[Token]:
    """The tokens of a window, with the label and margin of each where it has logits."""
    decided = len(window.logits) == len(window.ids) and window.logits.ndim == 2
    listed = []
    for position, (number, (start, end)) in enumerate(
        zip(window.ids.tolist(), window.offsets.tolist(), strict=True)
    ):
        label, margin = None, None
        if decided and window.logits.shape[1]:
            row = window.logits[position]
            top = int(row.argmax())
            label = labels[top] if top < len(labels) else str(top)
            if row.size > 1:
                second, first = np.sort(row)[-2:].tolist()
                # JSON has no NaN.
                margin = first - second if np.isfinite(first - second) else None
        spelled = tokens.get(number, f"#{number}")
        listed.append(Token(position, number, spelled, start, end, label, margin))
    return listed


def rows(
    expected: Sequence[Window],
    found: Sequence[Window],
    labels: tuple[Sequence[str], Sequence[str]],
    tokens: Mapping[int, str],
) -> tuple[Row, ...]:
    """All rows of all windows of a text.

    Args:
        expected, found: Windows of the reference and of the JVM.
        labels: The labels by index of the reference and of the JVM.
    """
    table: list[Row] = []
    for ours, theirs in itertools.zip_longest(expected, found):
        left = side(ours, labels[0], tokens) if ours is not None else []
        right = side(theirs, labels[1], tokens) if theirs is not None else []
        for a, b in _paired([t.id for t in left], [t.id for t in right]):
            table.append(
                Row(
                    None if a is None else left[a],
                    None if b is None else right[b],
                    _apart(ours, theirs, a, b),
                )
            )
    return tuple(table)


def _paired(
    expected: Sequence[int], found: Sequence[int]
) -> Iterator[tuple[int | None, int | None]]:
    """Positions that belong together: equal ids, and what stands between them one by one."""
    matcher = difflib.SequenceMatcher(None, expected, found, autojunk=False)
    for _, a, a_end, b, b_end in matcher.get_opcodes():
        yield from itertools.zip_longest(range(a, a_end), range(b, b_end))


def _apart(
    ours: Window | None, theirs: Window | None, a: int | None, b: int | None
) -> float | None:
    if ours is None or theirs is None or a is None or b is None:
        return None
    if a >= len(ours.logits) or b >= len(theirs.logits):
        return None
    one, other = ours.logits[a], theirs.logits[b]
    if one.shape != other.shape or not one.size:
        return None
    apart = float(np.abs(one.astype(np.float64) - other).max())
    return apart if np.isfinite(apart) else None


def around(table: Sequence[Row], limit: int = ROWS) -> tuple[tuple[Row, ...], int]:
    """The rows to show: all, or those around the first difference, and how many are left out.

    Where no token differs, the row whose logits are furthest apart counts as the first difference.
    """
    if len(table) <= limit:
        return tuple(table), 0
    at = next((i for i, row in enumerate(table) if row.differs), None)
    if at is None:
        at = max(range(len(table)), key=lambda i: (table[i].logits or 0.0, -i))
    start = min(max(0, at - _BEFORE), len(table) - limit)
    return tuple(table[start : start + limit]), len(table) - limit
