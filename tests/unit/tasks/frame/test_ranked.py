"""Ranked lists: what differs, and what rounding may do."""

from __future__ import annotations

from typing import Any

import pytest

from djlift.tasks.frame import ranked
from djlift.tasks.frame.tolerance import Tolerance

FP32 = Tolerance(1e-4, None, 1e-4, exact=True)
FP16 = Tolerance(0.05, 1e-3, 1e-2, exact=False)


def entries(**scores: float) -> list[dict[str, Any]]:
    """A list with these names in this order."""
    return [{"name": name, "score": score} for name, score in scores.items()]


LIST = entries(a=0.5, b=0.2, c=0.19999, d=0.05)


@pytest.mark.parametrize("tolerance", [FP32, FP16])
def test_the_same_list_is_the_same(tolerance: Tolerance) -> None:
    """And so is one whose scores moved within the tolerance."""
    assert ranked.difference(LIST, LIST, tolerance, "x") is None
    moved = [{**e, "score": e["score"] + 5e-5} for e in LIST]
    assert ranked.difference(LIST, moved, tolerance, "x") is None


def test_near_scores_may_change_places() -> None:
    """But not where they are apart, and not the first."""
    assert ranked.difference(LIST, entries(a=0.5, c=0.2, b=0.19999, d=0.05), FP32, "x") is None
    apart = ranked.difference(LIST, entries(a=0.5, b=0.2, d=0.19999, c=0.05), FP32, "x")
    assert apart is not None and apart.path == "x[2].name"
    first = ranked.difference(entries(a=0.5, b=0.49999), entries(b=0.5, a=0.49999), FP32, "x")
    assert first is not None and first.path == "x[0].name"


def test_the_first_may_be_another_of_exactly_its_score() -> None:
    """Where the reference itself has no order."""
    assert ranked.difference(entries(a=0.5, b=0.5), entries(b=0.5, a=0.5), FP32, "x") is None


def test_the_last_may_be_one_that_was_cut_off() -> None:
    """If it scores as the last does; a stranger elsewhere is a difference."""
    assert ranked.difference(LIST, entries(a=0.5, b=0.2, c=0.19999, e=0.05), FP32, "x") is None
    assert ranked.difference(LIST, entries(a=0.5, b=0.2, c=0.19999, e=0.04), FP32, "x") is not None
    stranger = ranked.difference(LIST, entries(a=0.5, e=0.2, c=0.19999, d=0.05), FP32, "x")
    assert stranger is not None and stranger.path == "x[1].name"


def test_other_lengths_and_scores_are_said() -> None:
    """With both sides."""
    shorter = ranked.difference(LIST, LIST[:3], FP32, "x")
    assert shorter is not None and (shorter.expected, shorter.found) == ("4 values", "3 values")
    score = ranked.difference(LIST, entries(a=0.51, b=0.2, c=0.19999, d=0.05), FP32, "x")
    assert score is not None and score.path == "x[0].score"


def test_scores_that_add_up_move_as_all_of_them() -> None:
    """An answer that stands in many windows."""
    assert ranked.difference(entries(a=16.0), entries(a=16.1), FP16, "x") is None
    assert ranked.difference(entries(a=16.0), entries(a=16.2), FP16, "x") is not None


def test_what_is_clear_leads() -> None:
    """By a twentieth of its score."""
    assert ranked.clear(entries(a=0.5, b=0.4)) and ranked.clear(entries(a=0.5)) and ranked.clear([])
    assert not ranked.clear(entries(a=0.5, b=0.48))
