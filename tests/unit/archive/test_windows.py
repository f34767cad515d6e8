"""What a graph gives for a batch, and the part of it that is a window's."""

from __future__ import annotations

import numpy as np
import pytest

from djlift.archive.windows import of_window, stacked


@pytest.mark.parametrize(
    ("shapes", "expected"),
    (
        (((2, 5, 3),), (2, 5, 3)),
        (((2, 3),), (2, 1, 3)),
        (((2, 5), (2, 5)), (2, 5, 2)),
    ),
)
def test_stacked(shapes: tuple[tuple[int, ...], ...], expected: tuple[int, ...]) -> None:
    """Rows and columns, whatever the graph answers for."""
    outputs = [np.full(shape, number, np.float32) for number, shape in enumerate(shapes)]
    assert stacked(outputs).shape == expected


def test_what_cannot_be_stacked() -> None:
    """Two outputs of two shapes."""
    with pytest.raises(ValueError, match="shapes"):
        stacked([np.zeros((2, 5), np.float32), np.zeros((2, 4), np.float32)])


def test_of_window() -> None:
    """Padding is left out, and so are tokens that do not count; an answer for the whole text stays."""
    row = np.arange(10, dtype=np.float32).reshape(5, 2)
    assert of_window(row, 3).tolist() == row[:3].tolist()
    assert of_window(row, 3, np.array([0, 2])).tolist() == row[[0, 2]].tolist()
    assert of_window(row[:1], 3).tolist() == row[:1].tolist()
