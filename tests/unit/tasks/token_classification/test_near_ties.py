"""Near-ties of words: what ``average`` and ``max`` decide between tokens, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from djlift.archive.golden import Case, Entity
from djlift.archive.windows import PLAIN, Window
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.token_classification.near_ties import excused

LOGITS = 0.05
FP16 = Tolerance(LOGITS, LOGITS, 0.01, exact=False)
EXPECTED = (Entity("PER", 0.5, "annie", 0, 5),)
FOUND = (Entity("LOC", 0.5, "annie", 0, 5),)


def a_word(first: float, second: float, *, apart: int = 0) -> Case:
    """``[CLS] ann ie [SEP]``: the first token leads for label 1 by so much, the second for label 2."""
    logits = np.zeros((4, 3), dtype=np.float32)
    logits[1] = [-9, first, 0]
    logits[2] = [-9, 0, second]
    offsets = np.asarray([[0, 0], [0, 3], [3 + apart, 5], [0, 0]], dtype=np.int64)
    ones = np.asarray([1, 0, 0, 1], dtype=np.int64)
    ids = np.arange(4, dtype=np.int64)
    window = Window(ids, np.zeros_like(ids), ones, offsets, logits)
    return Case("c", "words", "annie", {PLAIN: (window,)}, {})


def margin(case: Case, strategy: str) -> float | None:
    """The margin under a strategy."""
    return excused(case, PLAIN, strategy, EXPECTED, FOUND, FP16)


@pytest.mark.parametrize("strategy", ["average", "max"])
def test_a_word_that_its_tokens_dispute(strategy: str) -> None:
    """Each token is clear, the word is not: excused, with the margin in scores."""
    found = margin(a_word(3.0, 3.02), strategy)
    assert found is not None
    assert 0 < found < LOGITS


@pytest.mark.parametrize("strategy", ["none", "simple", "first"])
def test_other_strategies_decide_by_tokens(strategy: str) -> None:
    """No token is in doubt, so nothing is excused where no word is averaged."""
    assert margin(a_word(3.0, 3.02), strategy) is None


@pytest.mark.parametrize("strategy", ["average", "max"])
def test_a_clear_word(strategy: str) -> None:
    """One token is far surer than the other."""
    assert margin(a_word(0.5, 4.0), strategy) is None


@pytest.mark.parametrize("strategy", ["average", "max"])
def test_two_words_are_not_one(strategy: str) -> None:
    """Tokens with a gap between them do not share a decision."""
    assert margin(a_word(3.0, 3.02, apart=1), strategy) is None


@pytest.mark.parametrize("strategy", ["average", "max"])
def test_tokens_that_agree(strategy: str) -> None:
    """Both are for the same label: no word of them is in doubt."""
    case = a_word(3.0, 3.02)
    (window,) = case.windows[PLAIN]
    logits = window.logits.copy()
    logits[2] = [-9, 3.01, 0]
    same = replace(case, windows={PLAIN: (replace(window, logits=logits),)})
    assert margin(same, strategy) is None


def test_a_token_in_doubt_counts_everywhere() -> None:
    """A token's own near-tie, in logits, whatever the strategy."""
    case = a_word(0.03, 5.0)
    for strategy in ("none", "simple", "first", "average", "max"):
        assert margin(case, strategy) == pytest.approx(0.03)
    assert margin(a_word(0.11, 5.0), "simple") is None


def test_nothing_is_excused_in_fp32() -> None:
    """However close."""
    exact = replace(FP16, exact=True)
    assert excused(a_word(3.0, 3.0), PLAIN, "average", EXPECTED, FOUND, exact) is None
