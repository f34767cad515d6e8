"""fp32 numbers as fp16."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGEST = 65504.0
"""Largest finite number of fp16."""
SMALLEST = 2.0**-24
"""Smallest positive number of fp16."""


def halved(values: NDArray[np.float32]) -> NDArray[np.float16]:
    """Values as fp16: rounded to the nearest; a single small number does not become zero.

    A lone number is an epsilon or a factor: it must stay one to divide by. What is too large becomes
    infinite, and is for :mod:`djlift.precision.activation_ranges` to see.
    """
    with np.errstate(over="ignore"):
        rounded = values.astype("<f2")
    if values.size == 1:
        lost = (rounded == 0) & (values != 0)
        rounded = np.where(lost, np.copysign(SMALLEST, values), rounded).astype("<f2")
    return rounded
