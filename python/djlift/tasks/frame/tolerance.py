"""What may differ at a precision, each number once. None of them is a parameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from djlift.archive.golden import Golden

FP32_LOGITS = 1e-4
"""fp32: largest absolute logit difference."""
REDUCED_LOGITS = 1e-2
"""Below fp32: largest logit difference, relative to the range of the reference's logits."""
REDUCED_RMS = 1e-3
"""Below fp32: root mean square of the logit differences, relative to the same range."""
FP32_SCORE = 1e-4
REDUCED_SCORE = 1e-2
NEAR_TIES = 0.01
"""Below fp32: share of the outputs that may be near-ties."""
BOUND = 0.95
"""int8 without labelled text: smallest agreement with fp32 PyTorch; of entities the worst strategy's F1."""
CLEAR = 1e-4
"""Logits further apart than this keep their order in fp32, whatever computes them."""


def near_ties_allowed(outputs: int) -> int:
    """How many of so many compared outputs may be near-ties: at least one."""
    return int(np.ceil(NEAR_TIES * max(1, outputs)))


@dataclass(frozen=True)
class Tolerance:
    """What may differ at a precision.

    Attributes:
        logits: Largest absolute difference of a logit.
        rms: Largest root mean square difference; None when only the largest counts.
        score: Largest absolute difference of a score.
        exact: Whether outputs must be equal even at near-ties.
        reported: Whether differences that come from the logits are reported and judged elsewhere, at level 4.
    """

    logits: float
    rms: float | None
    score: float
    exact: bool
    reported: bool = False

    @staticmethod
    def of(precision: str, golden: Golden) -> Tolerance:
        """The tolerance of a precision, scaled by the golden logits where that is the rule."""
        if precision == "fp32":
            return Tolerance(FP32_LOGITS, None, FP32_SCORE, exact=True)
        if precision == "int8":
            return Tolerance(np.inf, None, np.inf, exact=False, reported=True)
        scale = golden.logit_range()
        return Tolerance(REDUCED_LOGITS * scale, REDUCED_RMS * scale, REDUCED_SCORE, exact=False)
