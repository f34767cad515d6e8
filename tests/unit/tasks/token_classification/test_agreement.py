"""Agreement on entities, text by text."""

from __future__ import annotations

import numpy as np

from djlift.tasks.token_classification import agreement
from tests.support.builders import LABELS


def test_f1() -> None:
    """One of two right and one too many: precision and recall of a half."""
    expected = {"a": frozenset({("PER", 0, 4), ("LOC", 5, 8)})}
    found = {"a": frozenset({("PER", 0, 4), ("LOC", 5, 9)})}
    assert agreement.f1(expected, found) == 0.5
    assert agreement.f1(expected, expected) == 1.0
    assert agreement.f1(expected, {"a": frozenset()}) == 0.0
    assert agreement.f1({"a": frozenset()}, {"a": frozenset()}) == 1.0


def test_spans_of_two_texts_are_not_mixed() -> None:
    """The right entity in the wrong text is wrong."""
    one = frozenset({("PER", 0, 4)})
    assert agreement.f1({"a": one, "b": frozenset()}, {"a": frozenset(), "b": one}) == 0.0


def test_runs() -> None:
    """Runs of one label; B- begins another, the end of the window ends the last."""
    tops = [LABELS.index(n) for n in ("B-PER", "I-PER", "B-PER", "O", "I-LOC")]
    logits = np.eye(len(LABELS), dtype=np.float32)[tops]
    assert agreement.runs(logits, LABELS) == {("PER", 0, 2), ("PER", 2, 3), ("LOC", 4, 5)}
    assert agreement.runs(logits[:0], LABELS) == frozenset()
    # Labels without a prefix, and one that only looks like it has one.
    plain = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    assert agreement.runs(plain, ("PER", "geo-loc", "O")) == {("PER", 0, 2), ("geo-loc", 2, 3)}
