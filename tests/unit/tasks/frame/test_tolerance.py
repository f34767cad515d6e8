"""What may differ: the same in every place, scaled below fp32, and no parameter."""

from __future__ import annotations

import numpy as np
import pytest

from djlift.archive.golden import Case, Golden, PaddedBatch
from djlift.archive.windows import PLAIN, Window
from djlift.tasks.frame.tolerance import Tolerance, near_ties_allowed


def recorded(*logits: float) -> Golden:
    """One text of one token."""
    none = np.zeros(1, dtype=np.int64)
    window = Window(none, none, none, np.zeros((1, 2), np.int64), np.asarray([logits], np.float32))
    return Golden((Case("c", "words", "text", {PLAIN: (window,)}, {}),), PaddedBatch((), {}))


def test_fp32_is_absolute() -> None:
    """Whatever the logits are, and labels must be equal even where two nearly are."""
    near, far = (Tolerance.of("fp32", recorded(0.0, top)) for top in (1.0, 1000.0))
    assert near == far
    assert near.exact and near.rms is None


def test_fp16_is_relative() -> None:
    """To the range of the logits."""
    found = Tolerance.of("fp16", recorded(-3.0, 7.0))
    assert (found.logits, found.rms) == pytest.approx((0.1, 0.01))
    assert not found.exact and not found.reported


def test_int8_is_judged_elsewhere() -> None:
    """By agreement, at level 4."""
    assert Tolerance.of("int8", recorded(0.0, 1.0)).reported


@pytest.mark.parametrize(("outputs", "allowed"), ((0, 1), (1, 1), (100, 1), (101, 2), (1000, 10)))
def test_near_ties(outputs: int, allowed: int) -> None:
    """One in a hundred, at least one."""
    assert near_ties_allowed(outputs) == allowed
